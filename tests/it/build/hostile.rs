//! Projects and data files that are made to do harm: whatever they say, the data stays as it is,
//! and so does what a person has in the file that is built into.

use super::{Connection, LOGINS, NO_LOGINS, Scene, built, shown};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// What a person has in the file that is built into.
const OWN: &str = "CREATE TABLE orders AS SELECT 1 AS a, 'mine' AS b; CREATE SEQUENCE numbers; \
                   CREATE VIEW seen AS SELECT * FROM orders; CREATE SCHEMA sales; \
                   CREATE TABLE sales.targets AS SELECT 7 AS n";

/// A project over three logins, a file with things of a person, and a file that nobody may touch.
struct Attack {
    scene: Scene,
}

impl Attack {
    fn new() -> Self {
        let scene = Scene::written(LOGINS, NO_LOGINS);
        scene.data(
            "INSERT INTO logins VALUES ('u1', 'a', '2026-01-01'), ('u1', 'a', '2026-01-02'), \
             ('u2', 'b', '2026-01-03')",
        );
        let own = Connection::open(scene.file()).unwrap();
        own.execute_batch(OWN).unwrap();
        drop(own);
        let attack = Self { scene };
        fs::write(attack.outside("precious.txt"), "precious").unwrap();
        fs::write(attack.outside("secret.csv"), "a\nTOKEN-4711\n").unwrap();
        let rows = format!(
            "COPY (SELECT 1 AS user_id) TO '{}' (FORMAT parquet)",
            attack.outside("more.parquet").display()
        );
        Connection::open_in_memory().unwrap().execute_batch(&rows).unwrap();
        attack
    }

    fn outside(&self, name: &str) -> PathBuf {
        self.scene.folder.path().join(name)
    }

    /// Paths and names in an attack.
    fn filled(&self, text: &str) -> String {
        let path = |name: &str| self.outside(name).display().to_string();
        text.replace("DATA", &self.scene.data_file().display().to_string())
            .replace("PARQUET", &path("more.parquet"))
            .replace("SECRET", &path("secret.csv"))
            .replace("NEW", &path("new.txt"))
            .replace("VICTIM", &path("precious.txt"))
    }

    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = fs::read_dir(self.scene.folder.path()).unwrap().map(|e| e.unwrap().path());
        let own = |path: &PathBuf| !path.to_string_lossy().contains("built.duckdb");
        files
            .filter(|path| path.is_file() && own(path))
            .map(|path| (path.clone(), fs::read(&path).unwrap()))
            .collect()
    }

    /// Builds a project and makes sure that nothing is changed but what it may change. Gives what
    /// was told.
    fn holds(&self, yaml: &str, about: &str) -> String {
        self.scene.write(yaml);
        let before = self.files();
        let mut request = self.scene.request();
        request.data.push(self.outside("more.parquet"));
        let told = match built(&request) {
            Ok(built) => shown(&built.findings, &self.scene.project),
            Err(failure) => failure.to_string(),
        };
        assert_eq!(self.files(), before, "{about}");
        let own = Connection::open(self.scene.file()).unwrap();
        let row = |sql: &str| -> String { own.query_row(sql, [], |row| row.get(0)).unwrap() };
        assert_eq!(row("SELECT a || b FROM orders"), "1mine", "{about}\n{told}");
        assert_eq!(row("SELECT a || b FROM seen"), "1mine", "{about}");
        assert_eq!(row("SELECT CAST(n AS VARCHAR) FROM sales.targets"), "7", "{about}");
        let left = "SELECT CAST(coalesce(last_value, 0) AS VARCHAR) FROM duckdb_sequences()";
        assert_eq!(row(left), "0", "{about}");
        let strange = "SELECT CAST(count(*) AS VARCHAR) FROM duckdb_tables() WHERE \
                       NOT starts_with(table_name, 'Material_') AND schema_name = 'main' \
                       AND table_name NOT IN ('orders', 'material_registry')";
        assert_eq!(row(strange), "0", "{about}");
        let leak = "SELECT CAST(count(*) AS VARCHAR) FROM duckdb_columns() \
                    WHERE column_name = 'leaked'";
        assert_eq!(row(leak), "0", "{about}");
        let macros = "SELECT CAST(count(*) AS VARCHAR) FROM duckdb_functions() \
                      WHERE NOT internal AND database_name = current_database()";
        assert_eq!(row(macros), "0", "{about}");
        told
    }
}

/// A project with a model of this body.
fn with_model(body: &str, sql: &str) -> String {
    let quoted = sql.replace('\'', "''");
    let model = format!(
        "  - name: helper\n    model_type: sql_template\n    model_spec: {{materialization: \
         {{output_type: table}}, {body}: '{quoted}', ids: [{{select: user_id, type: user_id, \
         entity: user}}]}}\nvar_groups:\n"
    );
    LOGINS.replace("var_groups:\n", &model)
}

#[test]
fn a_query_of_a_model_is_one_query_and_only_reads() {
    let attack = Attack::new();
    let serialized = |sql: &str| {
        format!(
            "select * from json_execute_serialized_sql(json_serialize_sql('{}'))",
            sql.replace('\'', "''")
        )
    };
    let attacks = [
        "select 1 as user_id; drop table orders".to_owned(),
        "select user_id, e'\\'' as c from logins; copy (select 1) to 'DATA' (format csv, use_tmp_file false); --'".into(),
        "select user_id from logins /* /* */ ' */ ; copy (select 1) to 'VICTIM'; /* ' */".into(),
        "select $$ ' $$ as user_id; delete from orders; --'".into(),
        "with q as (delete from orders returning a) select a as user_id from q".into(),
        "with q as (insert into orders values (2, 'theirs') returning a) select a as user_id from q"
            .into(),
        "select * from (with q as (update orders set b = 'theirs' returning a) select a as user_id from q)".into(),
        "delete from orders returning a as user_id".into(),
        "copy logins to 'NEW'".into(),
        "select nextval('numbers') as user_id".into(),
        serialized("with q as (delete from built.main.orders returning a) select a as user_id from q"),
        format!(
            "select * from query('{}')",
            serialized("with q as (delete from built.main.orders returning a) select a as user_id from q")
                .replace('\'', "''")
        ),
        "select content as leaked from read_text('SECRET')".into(),
        "select * from read_csv('SECRET')".into(),
        "select content as leaked from read_text('/proc/self/environ')".into(),
        "select 1 as user_id from enable_profiling(format := 'json', save_location := 'VICTIM')".into(),
        "select 1 as user_id from enable_logging('QueryLog', storage := 'file', storage_path := 'NEW')".into(),
        "select 1 as user_id from force_checkpoint()".into(),
        "select 1) as asked; copy (select 1) to 'NEW'; select * from (select 1".into(),
        // The database runs what stands before a mistake.
        "select user_id from logins; drop table orders; )(".into(),
        "select user_id from logins; copy (select 1) to 'DATA' (format csv, use_tmp_file false); )("
            .into(),
    ];
    for sql in attacks {
        let sql = attack.filled(&sql);
        let table = with_model("single_sql", &sql);
        for yaml in [table.replace("output_type: table", "output_type: ephemeral"), table] {
            let told = attack.holds(&yaml, &sql);
            assert!(told.contains("error ") && told.contains("helper"), "{sql}\n{told}");
        }
    }
}

#[test]
fn statements_of_a_model_change_its_own_tables_and_nothing_else() {
    let attack = Attack::new();
    let own = "create or replace table {{this}} as select user_id from logins";
    for first in [
        "with q as (select 1) delete from orders;",
        "delete from orders;",
        "delete from built.main.orders;",
        "update sales.targets set n = 8;",
        "insert into orders values (2, 'theirs');",
        "merge into orders using (select 1 as a) s on orders.a = s.a when matched then delete;",
        "create temp table orders as select 1 z; create or replace table orders as select 666 a;",
        "create temp table orders as select 1 z; drop table orders; drop table orders;",
        "drop view seen;",
        "alter table orders add column c int;",
        "create or replace table built.main.orders as select 2 as a;",
        "create table built.main.more as select 2 as a;",
        "create or replace view seen as select 2 as a;",
        "commit; begin; delete from orders;",
        "rollback; delete from orders;",
        "use built; delete from orders;",
        "detach \"muster data 1\"; attach 'DATA' as data; delete from data.main.logins;",
        "attach 'NEW' as other;",
        "copy (select 1) to 'DATA' (use_tmp_file false);",
        "copy (select 1) to 'PARQUET' (use_tmp_file false);",
        "copy (select 1) to 'NEW';",
        "export database 'NEW';",
        "create macro count(x) as 7;",
        "create temp macro count(x) as 7;",
        "create schema theirs;",
        "create sequence numbers2;",
        "create persistent secret s (type s3);",
        "set lock_configuration = false;",
        "set search_path = 'built.main'; delete from orders;",
        "pragma enable_profiling;",
        "call enable_logging(storage := 'file', storage_path := 'NEW');",
        "create temp table t as select nextval('numbers') as n;",
        "create temp table t as select * from read_text('SECRET');",
        "create or replace temp view \"inputs/logins\" as select 1 as user_id;",
        "insert into orders select * from json_execute_serialized_sql(json_serialize_sql('with q as (delete from built.main.orders returning a) select a from q'));",
        "prepare p as delete from orders; execute p;",
        "explain analyze delete from orders;",
        "load json;",
        "vacuum;",
        "drop macro nvl;",
        "delete from orders; )(;",
    ] {
        let sql = attack.filled(&format!("{first}\n{own}"));
        let told = attack.holds(&with_model("multi_sql", &sql), &sql);
        assert!(told.contains("error ") && told.contains("helper"), "{sql}\n{told}");
    }
    for view in [
        "create or replace view {{this}} as select * from json_execute_serialized_sql(json_serialize_sql('with q as (delete from built.main.orders returning a) select a as user_id from q'))",
        "create temp view tv as select nextval('numbers')::varchar as user_id; create or replace view {{this}} as select * from tv",
    ] {
        let told = attack.holds(&with_model("multi_sql", view), view);
        assert!(told.contains("error ") && told.contains("helper"), "{view}\n{told}");
    }
    // A model that is refused leaves nothing for the next one.
    let two = with_model(
        "multi_sql",
        "create temp table kept as select 1 as a; create table other as select 1 as a; \
         create or replace view {{this}} as select nextval('numbers')::varchar as user_id",
    );
    let next = "  - name: second\n    model_type: sql_template\n    model_spec: {materialization: \
                {output_type: table}, multi_sql: 'create temp table kept as select * from logins; \
                create or replace table {{this}} as select user_id from kept', ids: [{select: \
                user_id, type: user_id, entity: user}]}\nvar_groups:\n";
    let told = attack.holds(&two.replace("var_groups:\n", next), "two models");
    assert!(told.contains("helper") && !told.contains("second"), "{told}");
    // What a model may do works, and leaves nothing behind.
    let fine = "create or replace temp table mine as select user_id from logins; \
                create temp view seen as select * from mine; \
                insert into mine values ('u9'); update mine set user_id = 'u8' where user_id = 'u9'; \
                delete from mine where user_id = 'u1'; alter table mine add column n int; \
                create or replace table {{this}} as select user_id, ';' as semicolon from seen; \
                insert into {{this}} values ('u7', ''); drop view seen;";
    let told = attack.holds(&with_model("multi_sql", fine), fine);
    assert!(!told.contains("error "), "{told}");
    let rows = attack.scene.rows("SELECT user_id, semicolon FROM helper");
    assert_eq!(rows, ["u2 | ;", "u7 | ", "u8 | ;"]);
}

#[test]
fn every_place_where_a_project_writes_sql_is_looked_at() {
    let attack = Attack::new();
    let copy = attack.filled("copy (select 1) to 'DATA' (format csv, use_tmp_file false)");
    let quoted = copy.replace('\'', "''");
    let var = |text: String| {
        LOGINS.replace(
            "vars: [",
            &format!("vars: [{{entity_var: {{name: bad, {text}, from: inputs/logins}}}}, "),
        )
    };
    let of_input = |key: &str, text: String| {
        LOGINS.replace(
            "      occurred_at_col: at\n",
            &format!("      occurred_at_col: at\n      {key}: '{text}'\n"),
        )
    };
    let projects = [
        var(format!("select: 'count(*) from logins; {quoted}; select count(*)'")),
        var(format!("select: 'count(*)', where: 'true) from logins; {quoted}; --'")),
        var(format!("select: 'count(*)', default_value: '0) from logins; {quoted}; --'")),
        var(format!("select: 'last_value(email)', window: {{order_by: [at], partition_by: [user_main_id], frame_clause: 'rows between unbounded preceding and unbounded following) from logins; {quoted}; --'}}")),
        var(format!("select: 'last_value(email)', window: {{order_by: ['at) from logins; {quoted}; --'], partition_by: [user_main_id]}}")),
        var(format!("select: 'count(*)', column_data_type: 'integer) from logins; {quoted}; --'")),
        of_input("where", format!("true; {quoted}; --")),
        of_input("where", format!("true) ; {quoted}; --")),
        of_input("where", "true) ; delete from built.main.orders; --".to_owned()),
        LOGINS.replace("occurred_at_col: at", &format!("occurred_at_col: 'at)) ; {quoted}; --'")),
        LOGINS.replace("{select: user_id,", &format!("{{select: 'user_id from logins; {quoted}; select user_id',")),
        LOGINS.replace("occurred_at_col: at", &format!("occurred_at_col: 'at from logins; {quoted}; --'")),
        LOGINS.replace("value: '{{user.logins_n}} >= 2'", &format!("value: '1 = 1); {quoted}; --'")),
        LOGINS.replace("{name: email}]", &format!("{{name: email, filters: [{{type: exclude, sql: {{select: 'email from logins; {quoted}; --', from: inputs/logins}}}}]}}]")),
        LOGINS.replace("table: logins", &format!("table: 'logins\"; {quoted}; --'")),
    ];
    for yaml in projects {
        assert_ne!(yaml, LOGINS);
        attack.holds(&yaml, &yaml);
    }
    // One statement, which calls what does more than read: in every field that a later step reads.
    let acts = "exists (select 1 from json_execute_serialized_sql(json_serialize_sql(\
                ''with q as (delete from built.main.orders returning a) select a from q'')))";
    let next = "(select nextval(''numbers'')) > 0";
    for act in [acts, next] {
        let passing = with_model(
            "single_sql",
            &format!("select user_id from logins where {}", act.replace("''", "'")),
        );
        for yaml in [
            passing.replace("output_type: table", "output_type: ephemeral"),
            var(format!("select: 'count(*)', where: '{act}'")),
            var(format!("select: 'max(case when {act} then 1 end)'")),
            var(format!("select: 'count(*)', default_value: 'case when {act} then 1 end'")),
            of_input("where", act.to_owned()),
            LOGINS.replace(
                "{select: user_id,",
                &format!("{{select: 'case when {act} then user_id end',"),
            ),
            LOGINS.replace(
                "occurred_at_col: at",
                &format!("occurred_at_col: 'case when {act} then at end'"),
            ),
            LOGINS.replace("value: '{{user.logins_n}} >= 2'", &format!("value: '{act}'")),
        ] {
            assert_ne!(yaml, LOGINS);
            let told = attack.holds(&yaml, &yaml);
            assert!(told.contains("is not built") || told.contains("could be built"), "{told}");
        }
    }
}

#[test]
fn what_a_data_file_says_stands_in_for_nothing_and_changes_nothing() {
    let attack = Attack::new();
    attack.scene.data(
        "CREATE MACRO count(x) AS 7; CREATE MACRO count_star() AS 7; CREATE MACRO \"+\"(a, b) AS 42; \
         CREATE MACRO coalesce2(a) AS a; CREATE MACRO max(x) AS 'theirs'; CREATE MACRO sum(x) AS 7",
    );
    let told = attack.holds(LOGINS, "macros");
    assert_eq!(told, "");
    let rows = attack.scene.rows("SELECT logins_n FROM user_feature_view");
    assert_eq!(rows, ["1", "2"], "the built-in functions are used");

    let attack = Attack::new();
    // The database looks at what a view reads when it is made.
    let built = attack.scene.file();
    attack.scene.data(&format!(
        "ATTACH '{}' AS built; \
         CREATE VIEW bad AS SELECT a AS user_id FROM json_execute_serialized_sql(json_serialize_sql(\
         'with q as (delete from built.main.orders returning a) select a from q'))",
        built.display()
    ));
    let sql = "select user_id from bad";
    let told = attack.holds(&with_model("single_sql", sql), sql);
    assert!(told.contains("does more than read rows"), "{told}");
    // The same behind an input.
    let input = LOGINS
        .replace(
            "models:\n",
            "  - name: more\n    app_defaults:\n      table: bad\n      \
        ids: [{select: user_id, type: user_id, entity: user}]\nmodels:\n",
        )
        .replace("[{from: inputs/logins}]", "[{from: inputs/logins}, {from: inputs/more}]");
    let told = attack.holds(&input, "a view of a data file");
    assert!(told.contains("does more than read rows"), "{told}");
}

#[test]
fn a_file_whose_macros_stand_in_for_functions_is_not_built_into() {
    let attack = Attack::new();
    let own = Connection::open(attack.scene.file()).unwrap();
    own.execute_batch("CREATE MACRO count(x) AS 7").unwrap();
    drop(own);
    let failure = built(&attack.scene.request()).unwrap_err();
    assert!(failure.what.contains("count") && failure.hint.contains("--into"), "{failure}");
}

#[test]
fn a_file_is_not_built_into_whose_name_means_another_database() {
    let attack = Attack::new();
    for name in ["muster scratch.duckdb", "Memory.v2.duckdb", "temp.duckdb", "muster data 1.db"] {
        let into = attack.outside(name);
        Connection::open_in_memory()
            .unwrap()
            .execute_batch(&format!(
                "ATTACH '{}' AS made; CREATE TABLE made.orders AS SELECT 1 AS a",
                into.display()
            ))
            .unwrap();
        let mut request = attack.scene.request();
        request.into = into.clone();
        let before = fs::read(&into).unwrap();
        let failure = built(&request).unwrap_err();
        assert!(failure.what.contains("means something else"), "{name}: {failure}");
        assert_eq!(fs::read(&into).unwrap(), before, "{name}");
    }
}

#[test]
fn a_model_without_an_end_is_left_out_and_the_rest_is_built() {
    let attack = Attack::new();
    let endless = "select count(*) as user_id from range(1000000000) a(x), range(1000000000) b(y) \
                   where (x * y) % 7 = 3";
    attack.scene.write(&with_model("single_sql", endless));
    let mut request = attack.scene.request();
    request.limits = request.limits.with_time(std::time::Duration::from_millis(500));
    let told = shown(&built(&request).unwrap().findings, &attack.scene.project);
    assert!(told.contains("helper is not built: it took longer than"), "{told}");
    assert_eq!(attack.scene.rows("SELECT logins_n FROM user_feature_view"), ["1", "2"]);
}
