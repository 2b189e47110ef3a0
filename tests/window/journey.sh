#!/bin/bash
# A real window on a display of its own, driven by keyboard and mouse from opening to a written list.
#
#     tests/window/journey.sh MUSTER [ARTEFACTS]
#
# MUSTER is the binary. Screenshots of every step and the window's log go to ARTEFACTS. The last
# line is `N passed, N failed`; the exit status is 1 if anything failed.
# Needs Xvfb, openbox, xdotool, xwd and ImageMagick's convert.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
muster=$(realpath "$1")
mkdir -p "${2:-$project/artefacts/window}"
artefacts=$(realpath "${2:-$project/artefacts/window}")
work=$(mktemp -d)
passed=0
failed=0
children=()

finish() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

ok() { passed=$((passed + 1)); echo "ok      $1"; }
not_ok() { failed=$((failed + 1)); echo "FAILED  $1"; }
check() { # NAME COMMAND...: the command succeeds
  local name=$1
  shift
  if "$@" >"$work/said" 2>&1; then ok "$name"; else not_ok "$name: $(tail -c 300 "$work/said")"; fi
}
result() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
give_up() {
  not_ok "$1"
  tail -n 20 "$artefacts/muster.log" 2>/dev/null || true
  result
  exit 1
}

wait_for() { # SECONDS COMMAND...: until the command succeeds
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$end" ]; then return 1; fi
    sleep 0.2
  done
}
picture_sum() { xwd -root -silent 2>/dev/null | sha256sum; }
settle() { # until nothing on the screen changes for a second
  local last="" now end=$((SECONDS + 25)) same=0
  while [ "$SECONDS" -lt "$end" ] && [ "$same" -lt 4 ]; do
    now=$(picture_sum)
    if [ "$now" = "$last" ]; then same=$((same + 1)); else same=0; fi
    last=$now
    sleep 0.25
  done
}
shot() { # NAME: a screenshot of the settled window
  settle
  xwd -root -silent | convert xwd:- "$artefacts/$1.png"
}
changes() { # NAME COMMAND...: the command changes what is on the screen
  local name=$1 before
  shift
  # The pointer is the same before and after, and a text cursor blinks: both are small, so the
  # step itself must move more than a few hundred points.
  xwd -root -silent | convert xwd:- "$work/before.png"
  "$@"
  settle
  xwd -root -silent | convert xwd:- "$work/after.png"
  before=$(compare -metric AE "$work/before.png" "$work/after.png" null: 2>&1 || true)
  before=${before%% *}
  if [ "${before%.*}" -gt 400 ] 2>/dev/null; then ok "$name"; else not_ok "$name: $before points changed"; fi
}
keys() { xdotool key --clearmodifiers --delay 40 "$@"; }
text() { xdotool type --clearmodifiers --delay 12 "$1"; }
click() { xdotool mousemove "$1" "$2" sleep 0.2 click 1; }
drag() { # FROM_X FROM_Y TO_X TO_Y
  xdotool mousemove "$1" "$2" sleep 0.2 mousedown 1
  for part in 1 2 3 4 5 6 7 8; do
    xdotool mousemove $(($1 + ($3 - $1) * part / 8)) $(($2 + ($4 - $2) * part / 8)) sleep 0.05
  done
  xdotool mouseup 1
}

# ---- a display of its own, its own settings, its own copy of the sample
width=${MUSTER_TEST_WIDTH:-1280}
height=${MUSTER_TEST_HEIGHT:-800}
mkfifo "$work/display"
Xvfb -displayfd 4 -screen 0 "${width}x${height}x24" -nolisten tcp 4>"$work/display" 2>"$artefacts/xvfb.log" &
children+=($!)
read -r -t 20 number <"$work/display" || { echo "no display could be started"; exit 1; }
export DISPLAY=":$number"
unset WAYLAND_DISPLAY
export XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state HOME=$work/home
export XDG_RUNTIME_DIR=$work/runtime LIBGL_ALWAYS_SOFTWARE=1 XCURSOR_SIZE=16
mkdir -p "$XDG_CONFIG_HOME" "$XDG_DATA_HOME" "$XDG_STATE_HOME" "$HOME" "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"
# A display that has told its number may still refuse its first guests.
wait_for 20 xdpyinfo || { echo "the display does not answer"; exit 1; }
manager_runs() {
  if kill -0 "${manager:-}" 2>/dev/null; then return 0; fi
  openbox --config-file "$project/tests/window/openbox.xml" >"$artefacts/openbox.log" 2>&1 &
  manager=$!
  sleep 1
  kill -0 "$manager" 2>/dev/null
}
manager=
wait_for 30 manager_runs || { echo "the window manager does not start"; exit 1; }
children+=("$manager")
cp "$project/sample_data/shop.duckdb" "$work/shop.duckdb"
source_sum=$(sha256sum <"$work/shop.duckdb")
list=$work/lists/german_regulars.csv
mkdir -p "$work/lists"

# Nothing else opens windows on this display, so a window without a process id is the one too.
find_window() { xdotool search --onlyvisible --pid "$app" || xdotool search --onlyvisible --name '.+'; }
open_window() { # PATH: the window on it, with the keys
  "$muster" "$1" >>"$artefacts/muster.log" 2>&1 &
  app=$!
  children+=("$app")
  if ! wait_for 40 find_window; then give_up "a window appears"; fi
  local window
  window=$(find_window 2>/dev/null | tail -n 1)
  ok "a window appears"
  timeout 5 xdotool windowactivate --sync "$window" 2>/dev/null || xdotool windowfocus "$window"
  sleep 2
}
gone() { ! kill -0 "$app" 2>/dev/null; }
close_window() {
  keys alt+F4
  if ! wait_for 15 gone; then
    not_ok "closing the window ends the program: it still runs"
    return
  fi
  local status=0
  wait "$app" || status=$?
  if [ "$status" -eq 0 ]; then ok "closing the window ends the program"
  else not_ok "closing the window ends the program: exit status $status"; fi
}

# ---- open
: >"$artefacts/muster.log"
open_window "$work/shop.duckdb"
shot 01-opened

# ---- see and slice: journey 1
slice() { keys ctrl+l; text "country = 'DE' and orders >= 3"; keys Return; }
changes "a typed condition slices" slice
shot 02-sliced
changes "the people tab opens" keys ctrl+2
shot 03-people
changes "a click on a row opens a profile" click $((width * 45 / 100)) $((height * 62 / 100))
shot 04-profile
keys Escape
changes "the steps tab opens" keys ctrl+3
shot 05-steps
changes "the definition tab opens" keys ctrl+4
shot 06-definition
changes "the look tab opens" keys ctrl+1
shot 07-look
changes "a drag over a chart brushes" \
  drag $((width * 42 / 100)) $((height * 42 / 100)) $((width * 50 / 100)) $((height * 42 / 100))
shot 08-brushed
changes "undo takes the brush back" keys ctrl+z
shot 09-undone

# ---- list: journey 2
export_list() { keys ctrl+e; sleep 1; keys ctrl+a; text "$list"; }
changes "the export sheet opens" export_list
shot 10-export-sheet
keys Return
if wait_for 30 test -s "$list.manifest.json"; then ok "the list is written with a manifest"
else not_ok "the list is written with a manifest"; fi
shot 11-exported
cp "$list" "$list.manifest.json" "$artefacts/" 2>/dev/null || true
check "verify says that the list matches its manifest" "$muster" verify "$list"
people() { # the people in the list are those of the same slice on the command line
  python3 - "$list" "$project/sample_data/answers.json" <<'PY'
import csv, json, sys
with open(sys.argv[1], encoding="utf-8", newline="") as text:
    rows = list(csv.DictReader(text))
answers = json.load(open(sys.argv[2], encoding="utf-8"))
right = next(a["answer"] for a in answers if a["where"] == "country = 'DE' and orders >= 3")
assert len(rows) == right, f"{len(rows)} rows where {right} are right"
assert all(row["country"] == "DE" and int(row["orders"]) >= 3 for row in rows)
PY
}
check "the list holds the people of the slice" people
untouched() { [ "$(sha256sum <"$work/shop.duckdb")" = "$source_sum" ]; }
check "the source is as it was" untouched

# ---- send: journey 3, to the practice inbox
changes "the activation sheet opens" keys ctrl+shift+e
name_segment() { keys ctrl+a; text "German regulars"; keys Return; }
changes "the slice gets a name" name_segment
shot 12-activate-destination
settle # until the segment is kept
changes "the practice inbox is chosen" keys Return
settle
shot 13-activate-dry-run
sent() { # the sync is done, and what it sent is the list of above
  "$muster" syncs "$work/shop.duckdb" --json >"$work/syncs.json"
  python3 - "$work/syncs.json" "$list" <<'PY'
import csv, json, sys
syncs = json.load(open(sys.argv[1], encoding="utf-8"))["syncs"]
with open(sys.argv[2], encoding="utf-8", newline="") as text:
    members = len(list(csv.DictReader(text)))
assert [s["status"] for s in syncs] == ["done"], syncs
assert syncs[0]["accepted"] == syncs[0]["planned"] == members > 0, (syncs, members)
PY
}
# Enter goes on, from the destination by the dry run to what became of the rows.
enter_until_sent() {
  if sent; then return 0; fi
  keys Return
  settle
  sent
}
if wait_for 60 enter_until_sent; then ok "muster syncs tells of it"; else not_ok "muster syncs tells of it"; fi
shot 14-activate-sent
keys Escape
check "the source is as it was after the sync" untouched

close_window

# ---- send: a receiver that refuses one row, and takes it when it comes again
mkdir -p "$work/refused"
cp "$project/sample_data/shop.duckdb" "$work/refused/shop.duckdb"
cat >"$work/receiver.py" <<'PY'
import http.server, json
class Receiver(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.asked += 1
        said = {"errors": [{"index": 0, "message": "no such plan"}]} if Receiver.asked == 1 else {}
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
PY
mkfifo "$work/port"
python3 "$work/receiver.py" >"$work/port" &
children+=($!)
read -r -t 20 port <"$work/port" || give_up "a receiver listens"
cat >"$work/refused/muster.yaml" <<END
version: 1
destinations: [{name: hook, type: webhook, url: "http://127.0.0.1:$port/rows"}]
activations: [{name: lapsed to hook, cohort: user/lapsed, destination: hook, mapping: {plan: plan}}]
END
open_window "$work/refused/shop.duckdb"
repeat_activation() { keys ctrl+k; settle; text "lapsed to hook"; settle; keys Return; }
changes "an activation is found and shows its dry run" repeat_activation
settle
ran() { # STATUS...: the syncs of it, the latest first
  "$muster" syncs "$work/refused/shop.duckdb" --json >"$work/refused.json"
  python3 -c 'import json, sys
syncs = json.load(open(sys.argv[1], encoding="utf-8"))["syncs"]
assert [s["status"] for s in syncs] == sys.argv[2:], syncs' "$work/refused.json" "$@"
}
# The buttons stand at the lower right of the sheet, the last one for what comes next.
foot=$((height / 2 + 326))
send_all() { ran partly || { click $((width / 2 + 435)) "$foot"; settle; ran partly; }; }
if wait_for 40 send_all; then ok "one row is refused"; else not_ok "one row is refused"; fi
shot 14b-activate-refused
send_again() { ran done partly || { click $((width / 2 + 350)) "$foot"; settle; ran done partly; }; }
if wait_for 40 send_again; then ok "the refused row is sent again"; else not_ok "the refused row is sent again"; fi
shot 14c-activate-again
keys Escape
close_window

# ---- a project: read before it is built, built, and read again
cp -r "$project/sample_data/profiles" "$work/profiles"
rm -rf "$work/profiles/output"
open_window "$work/profiles"
shot 15-project-not-built
build_project() {
  "$muster" build "$work/profiles" --data "$work/shop.duckdb" --end-time 2026-11-20T06:00:00Z
}
check "the project is built while its window is open" build_project
close_window
open_window "$work/profiles"
shot 16-project-built
changes "a cohort of the project is sliced" click $((width * 8 / 100)) $((height * 21 / 100))
changes "its definition opens" keys ctrl+4
shot 17-project-definition
check "the source of the project is as it was" untouched

# ---- close
close_window
if grep -qi "panicked" "$artefacts/muster.log"; then not_ok "the log tells of no panic"; else ok "the log tells of no panic"; fi
result
