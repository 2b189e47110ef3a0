//! The words of the sample shop: people, cities and products, in the scripts of their countries.

/// A country of the shop.
pub(crate) struct Country {
    /// ISO 3166 code.
    pub code: &'static str,
    /// Out of 1,000 people, how many live there.
    pub weight: u64,
    /// Language most people there read.
    pub language: &'static str,
    /// Currency that is shown there.
    pub currency: &'static str,
    /// How telephone numbers start.
    pub dial: &'static str,
    /// Given names, `native=latin` where the script is not Latin.
    pub given: &'static str,
    /// Family names, likewise.
    pub family: &'static str,
    /// Cities, the largest first.
    pub cities: &'static str,
    /// What stands between the parts of a name; family names come first where it starts with `<`.
    pub order: &'static str,
}

/// Every country, the largest first.
pub(crate) const COUNTRIES: &[Country] = &[
    Country {
        code: "DE",
        weight: 232,
        language: "de",
        currency: "EUR",
        dial: "+49 30 5550",
        given: "Jürgen Anna Lukas Käthe Sören Mia Björn Lena Jörg Franziska Tobias Heike Emre Zoë",
        family: "Müller Schmidt Weiß Schäfer Köhler Groß Böttcher Yıldız Hoffmann Krüger Lorenz Vogt",
        cities: "Berlin|Hamburg|München|Köln|Düsseldorf|Nürnberg|Görlitz|Münster|Lübeck",
        order: " ",
    },
    Country {
        code: "GB",
        weight: 142,
        language: "en",
        currency: "GBP",
        dial: "+44 20 7946 0",
        given: "Olivia George Siân Amir Poppy Callum Priya Róisín Harry Zadie Niamh Owen",
        family: "Smith Jones O'Brien Patel Llewellyn Taylor MacDonald Okafor Hughes Shah Wright",
        cities: "London|Manchester|Glasgow|Bristol|Leeds|Cardiff|Belfast|St Ives",
        order: " ",
    },
    Country {
        code: "US",
        weight: 136,
        language: "en",
        currency: "USD",
        dial: "+1 202 555 0",
        given: "Emma Liam José Ava Noah Sofía DeShawn Chloe Ethan Aaliyah Mateo Grace",
        family: "Johnson García Williams Nguyen Davis O'Connor Martínez Brown Lee Peña Jackson",
        cities: "New York|Chicago|Los Angeles|Austin|San José|Seattle|Portland|Coeur d'Alene",
        order: " ",
    },
    Country {
        code: "FR",
        weight: 108,
        language: "fr",
        currency: "EUR",
        dial: "+33 1 99 00",
        given: "Chloé Hélène Jean-Luc Noémie François Inès Rémi Zoé Gaëlle Théo Amélie Loïc",
        family: "Lefèvre Dupont Château Bénard D'Aubigné Garçon Moreau Noël Gauthier Lemaître Roux",
        cities: "Paris|Lyon|Marseille|Nîmes|Besançon|Orléans|Saint-Étienne|L'Haÿ-les-Roses",
        order: " ",
    },
    Country {
        code: "PL",
        weight: 72,
        language: "pl",
        currency: "PLN",
        dial: "+48 22 555",
        given: "Łukasz Małgorzata Paweł Agnieszka Michał Zofia Grażyna Jędrzej Żaneta Stanisław",
        family: "Wójcik Kowalczyk Wiśniewska Dąbrowski Zając Król Łuczak Szczęsny Nowak Górska",
        cities: "Warszawa|Kraków|Łódź|Wrocław|Gdańsk|Poznań|Częstochowa",
        order: " ",
    },
    Country {
        code: "JP",
        weight: 62,
        language: "ja",
        currency: "JPY",
        dial: "+81 3 5550",
        given: "陽菜=hina 蓮=ren 結衣=yui 大翔=hiroto さくら=sakura 健太=kenta 美咲=misaki 翔=sho 葵=aoi 直樹=naoki",
        family: "佐藤=sato 鈴木=suzuki 高橋=takahashi 田中=tanaka 渡辺=watanabe 伊藤=ito 山本=yamamoto 髙﨑=takasaki 斎藤=saito",
        cities: "東京|大阪|京都|札幌|福岡|名古屋|つくば",
        order: "< ",
    },
    Country {
        code: "SE",
        weight: 44,
        language: "sv",
        currency: "SEK",
        dial: "+46 8 555 0",
        given: "Åsa Björn Märta Elias Saga Göran Linnéa Håkan Ebba Örjan",
        family: "Åkesson Lindström Öberg Sjögren Bergström Ek Nyström Hägglund",
        cities: "Stockholm|Göteborg|Malmö|Umeå|Örebro|Växjö",
        order: " ",
    },
    Country {
        code: "GR",
        weight: 42,
        language: "el",
        currency: "EUR",
        dial: "+30 21 5550",
        given: "Γιώργος=giorgos Ελένη=eleni Νίκος=nikos Μαρία=maria Κώστας=kostas Αθηνά=athina Δημήτρης=dimitris Σοφία=sofia",
        family: "Παπαδόπουλος=papadopoulos Οικονόμου=oikonomou Γεωργίου=georgiou Αγγελόπουλος=angelopoulos Βλάχος=vlachos Καραγιάννη=karagianni",
        cities: "Αθήνα|Θεσσαλονίκη|Πάτρα|Ηράκλειο|Βόλος",
        order: " ",
    },
    Country {
        code: "UA",
        weight: 38,
        language: "uk",
        currency: "UAH",
        dial: "+380 44 555",
        given: "Олена=olena Андрій=andriy Оксана=oksana Тарас=taras Юлія=yuliia Богдан=bohdan Їжак=yizhak Марія=mariia",
        family: "Шевченко=shevchenko Коваленко=kovalenko Бондаренко=bondarenko Ткачук=tkachuk Мельник=melnyk Гончар=honchar",
        cities: "Київ|Львів|Одеса|Харків|Чернівці",
        order: " ",
    },
    Country {
        code: "KR",
        weight: 34,
        language: "ko",
        currency: "KRW",
        dial: "+82 2 5550",
        given: "민준=minjun 서연=seoyeon 지후=jihu 하은=haeun 도윤=doyun 지우=jiu 예린=yerin 현우=hyunwoo",
        family: "김=kim 이=lee 박=park 최=choi 정=jung 강=kang 남궁=namgung",
        cities: "서울|부산|인천|대구|제주",
        order: "<",
    },
    Country {
        code: "CN",
        weight: 32,
        language: "zh",
        currency: "CNY",
        dial: "+86 10 5550",
        given: "伟=wei 芳=fang 秀英=xiuying 敏=min 静=jing 子涵=zihan 浩然=haoran 雨桐=yutong 𠮷祥=jixiang",
        family: "王=wang 李=li 张=zhang 刘=liu 陈=chen 欧阳=ouyang 杨=yang 赵=zhao",
        cities: "上海|北京|深圳|成都|杭州|西安",
        order: "<",
    },
    Country {
        code: "IL",
        weight: 24,
        language: "he",
        currency: "ILS",
        dial: "+972 3 555",
        given: "נועה=noa איתי=itai תמר=tamar יוסף=yosef מיכל=michal דוד=david שירה=shira",
        family: "כהן=cohen לוי=levi מזרחי=mizrahi פרץ=peretz ביטון=biton בן־דוד=bendavid",
        cities: "תל אביב|ירושלים|חיפה|באר שבע",
        order: " ",
    },
    Country {
        code: "AE",
        weight: 20,
        language: "ar",
        currency: "AED",
        dial: "+971 4 555",
        given: "محمد=mohammed فاطمة=fatima علي=ali مريم=maryam يوسف=yousef نورة=noura خالد=khalid",
        family: "المنصوري=almansoori الهاشمي=alhashimi الشامسي=alshamsi حداد=haddad النعيمي=alnuaimi",
        cities: "دبي|أبوظبي|الشارقة|العين",
        order: " ",
    },
    Country {
        code: "TH",
        weight: 14,
        language: "th",
        currency: "THB",
        dial: "+66 2 555",
        given: "สมชาย=somchai มาลี=malee กิตติ=kitti พิมพ์ชนก=pimchanok ณัฐวุฒิ=nattawut สุดา=suda",
        family: "ศรีสุข=srisuk วงศ์สวัสดิ์=wongsawat แก้วมณี=kaewmanee ทองดี=thongdee",
        cities: "กรุงเทพมหานคร|เชียงใหม่|ภูเก็ต|ขอนแก่น",
        order: " ",
    },
];

/// Category, code, price range in cents, product names.
pub(crate) const PRODUCTS: &[(&str, &str, u64, u64, &str)] = &[
    (
        "Tea",
        "TEA",
        450,
        2_400,
        "Assam|Darjeeling first flush|Earl Grey|Sencha 煎茶|Gyokuro 玉露|Matcha 抹茶|Oolong 烏龍|Jasmine pearls|Rooibos|Lapsang souchong|Genmaicha|White peony|Chai|Peppermint|Chamomile|Pu-erh 普洱|Ceylon|Yerba mate|Hibiscus|Breakfast blend",
    ),
    (
        "Coffee",
        "COF",
        790,
        3_200,
        "Espresso N° 1|Filter blend|Yirgacheffe|Sidamo|Huila|Antigua|Mandheling|Kona|Decaf|Cold brew|Monsooned Malabar|Café crème|Ristretto|Peaberry",
    ),
    (
        "Chocolate",
        "CHO",
        320,
        1_450,
        "Dark 70 %|Milk|Sea salt|Hazelnut praliné|Crème brûlée|Orange peel|Chilli|White matcha|Drinking chocolate|Nibs",
    ),
    (
        "Equipment",
        "EQU",
        1_500,
        28_900,
        "Hand grinder|Kettle \"Gooseneck\"|French press, 1 l|Moka pot|Teapot 急須|Scale|V60 dripper|Espresso machine|Milk jug|Travel mug|Tea strainer|Burr grinder|Bamboo whisk 茶筅",
    ),
    (
        "Gifts",
        "GIF",
        990,
        9_900,
        "Advent calendar|Tasting box|Gift card 25|Gift card 50|Gift card 100|Hamper|Mug set",
    ),
    (
        "Pantry",
        "PAN",
        280,
        1_900,
        "Honey|Oat drink|Brown sugar|Shortbread|Stroopwafels|Marmalade|Lebkuchen|Biscotti",
    ),
];

/// Where people heard of the shop, with weights.
pub(crate) const CHANNELS: &[(&str, u64)] = &[
    ("organic", 300),
    ("paid_search", 210),
    ("social", 150),
    ("email", 100),
    ("referral", 90),
    ("direct", 80),
    ("partner", 40),
    ("podcast", 15),
    ("trade_fair", 9),
    ("window_display", 6),
];

/// Industries of accounts, with weights.
pub(crate) const INDUSTRIES: &[(&str, u64)] = &[
    ("Hospitality", 240),
    ("Software", 190),
    ("Retail", 150),
    ("Agency", 120),
    ("Education", 90),
    ("Health", 80),
    ("Public sector", 60),
    ("Manufacturing", 50),
    ("Non-profit", 20),
];

/// The parts of account names.
pub(crate) const FIRMS: (&str, &str) = (
    "Nord|Blau|Alpen|Café|Atelier|Zest|Quartz|Ørsted|Harbour|Łąka|Sakura|Olive|Kite|Ember|Fjord|Lumière|Delta|Golem|Rowan|Panda",
    "Works|& Söhne|Kollektiv|Studios|Hotels|Labs|Bistro|S.à r.l.|Academy|Partners|Clinic|GmbH|Ltd.|Roasters|Press|Mills",
);

/// An e-mail campaign.
pub(crate) struct Campaign {
    /// Its name.
    pub name: &'static str,
    /// The day sent: year, month, day.
    pub day: (i64, i64, i64),
    /// How many in 1,000 open it.
    pub opens: u64,
    /// How many in 1,000 of those follow a link.
    pub clicks: u64,
}

/// Every campaign.
pub(crate) const CAMPAIGNS: &[Campaign] = &[
    Campaign { name: "black_friday_2025", day: (2025, 11, 27), opens: 480, clicks: 310 },
    Campaign { name: "advent_2025", day: (2025, 12, 4), opens: 420, clicks: 220 },
    Campaign { name: "new_year_2026", day: (2026, 1, 8), opens: 300, clicks: 120 },
    Campaign { name: "winter_tea", day: (2026, 2, 5), opens: 310, clicks: 140 },
    Campaign { name: "spring_harvest", day: (2026, 3, 12), opens: 360, clicks: 190 },
    Campaign { name: "easter_gifts", day: (2026, 3, 31), opens: 290, clicks: 110 },
    Campaign { name: "cold_brew", day: (2026, 5, 7), opens: 330, clicks: 160 },
    Campaign { name: "summer_sale", day: (2026, 6, 25), opens: 380, clicks: 250 },
    Campaign { name: "new_roastery", day: (2026, 7, 16), opens: 270, clicks: 90 },
    Campaign { name: "back_to_work", day: (2026, 9, 1), opens: 320, clicks: 150 },
    Campaign { name: "matcha_week", day: (2026, 10, 6), opens: 400, clicks: 230 },
    Campaign { name: "sorry_checkout", day: (2026, 9, 29), opens: 520, clicks: 330 },
    Campaign { name: "win_back", day: (2026, 10, 22), opens: 210, clicks: 130 },
    Campaign { name: "advent_2026", day: (2026, 11, 12), opens: 410, clicks: 210 },
];

/// What columns mean: table, column, sentence.
pub(crate) const DESCRIPTIONS: &[(&str, &str, &str)] = &[
    ("users", "user_id", "The id of a person in the shop"),
    ("users", "account_id", "The business account that the person orders for, if any"),
    ("users", "name", "Full name as written by the person"),
    ("users", "email", "E-mail address; missing for guests who ordered by phone or in the store"),
    ("users", "phone", "Telephone number in international form"),
    ("users", "country", "ISO 3166 code of the delivery country"),
    ("users", "city", "City of the delivery address, in its own script"),
    ("users", "language", "Language of the shop's pages for this person"),
    ("users", "signed_up", "When the profile was made, UTC"),
    ("users", "birthday", "Day of birth, if the person told it"),
    ("users", "plan", "Membership at the latest run: free, trial, plus or business"),
    ("users", "marketing_consent", "Agreed to marketing; missing if never asked"),
    (
        "users",
        "lifetime_value",
        "Sum of order totals in EUR, cancelled and refunded orders left out",
    ),
    ("users", "orders", "How many orders were placed, cancelled and refunded ones too"),
    ("users", "last_order", "When the latest order was placed, UTC"),
    ("users", "last_seen", "The latest visit or order, or else the sign-up, UTC"),
    ("users", "sessions_30d", "Days with a visit in the 30 days before the latest run"),
    ("users", "tags", "Labels given by the care team"),
    ("users", "nps", "Latest answer to \"would recommend\", 0 to 10"),
    ("users", "acquisition_channel", "Where the person first came from"),
    ("accounts", "account_id", "The id of a business account"),
    ("accounts", "parent_account_id", "The account that this one is a part of, if any"),
    ("accounts", "seats", "How many people may order"),
    ("accounts", "arr", "Yearly contract value in EUR; missing without a contract"),
    ("accounts", "is_internal", "The shop's own staff or a test environment"),
    ("orders", "total", "Sum of the items less the discount, in EUR"),
    ("orders", "currency", "The currency that was shown to the person"),
    ("orders", "discount", "Share of the price taken off; missing without a discount"),
    ("order_items", "price", "Price of one piece in EUR when ordered"),
    ("events", "event", "page_view, search, add_to_cart, checkout, checkout_error or purchase"),
    ("emails_sent", "opened", "Whether the e-mail was opened"),
    ("emails_sent", "clicked", "Whether a link in it was followed"),
    ("user_history", "run_at", "The run that these values belong to"),
];
