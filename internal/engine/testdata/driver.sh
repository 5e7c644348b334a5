# A driver in a few lines of shell: the answer is always 42, after 10 units.
ns() { date +%s%N; }
echo '{"type":"config","workers":1}'
last=$(ns)
for line in warmup:0 timed:0 timed:1; do
	now=$(ns)
	echo '{"type":"sample","phase":"'${line%:*}'","index":'${line#*:}',"ns":'$((now - last > 0 ? now - last : 1))',"units":10,"answer":"42"}'
	last=$(ns)
done
echo '{"type":"end"}'
