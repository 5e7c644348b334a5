#!/usr/bin/env bash
# A gate for any CI: fails when the change makes a runtime slower.
#
#   BASE=origin/main examples/gate.sh
#
# Runs in the checkout. Variables, with what they are when unset:
#   MNBENCH   the program (mnbench)          BASE, HEAD  revisions or folders (HEAD~1 and .)
#   SUITE     suite or workloads (smoke)     RUNTIME     what is built from both (mn)
#   THRESHOLD (3%)  ALPHA (0.05)  BUDGET (2m)
#   OUT       folder for record and comment (.)
#   FAIL_ON_INCONCLUSIVE=true                also fail when the measurements do not decide
# Exit status: that of mnbench gate, but 0 for inconclusive unless that is asked for.
set -euo pipefail

mnbench=${MNBENCH:-mnbench} base=${BASE:-HEAD~1} head=${HEAD:-.} out=${OUT:-.}
record=$out/mnbench-gate-$(date -u +%Y%m%d-%H%M%S)-$$.jsonl
comment=${record%.jsonl}.md

# A shallow checkout does not have the base. Its commit alone is enough: no history.
if [ ! -d "$base" ] && ! git rev-parse -q --verify "$base^{commit}" >/dev/null; then
	git fetch -q --depth=1 origin "$base" || true # gate says what is missing
	git rev-parse -q --verify "$base^{commit}" >/dev/null || base=FETCH_HEAD
fi

status=0
# shellcheck disable=SC2086 # SUITE may be several workloads
"$mnbench" gate --base "$base" --head "$head" ${SUITE:-smoke} --runtime "${RUNTIME:-mn}" \
	--threshold "${THRESHOLD:-3%}" --alpha "${ALPHA:-0.05}" --time-budget "${BUDGET:-2m}" \
	--format markdown --out "$record" >"$comment" || status=$?
cat "$comment"

case $status in
0) verdict=passed ;;
1) verdict=regression ;;
3) verdict=invalid ;;
4) verdict=inconclusive ;;
5) verdict=nothing ;;
*) verdict=error ;;
esac
if [ -n "${GITHUB_OUTPUT:-}" ]; then
	printf 'verdict=%s\nrecord=%s\ncomment=%s\n' "$verdict" "$record" "$comment" >>"$GITHUB_OUTPUT"
	cat "$comment" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
fi
if [ "$status" -eq 4 ] && [ "${FAIL_ON_INCONCLUSIVE:-false}" != true ]; then
	exit 0
fi
exit "$status"
