#!/bin/sh
# Run the broker (docker-compose.yml), and have it read its password file anew when `fjarrtillsyn broker-passwords` has written it.
#   run.sh CONFIGURATION PASSWORDS
mosquitto -c "$1" &
broker=$!
trap 'kill -TERM "$broker"' TERM INT
seen=$(cksum <"$2")
while kill -0 "$broker" 2>/dev/null; do
    sleep 1 &
    wait $!
    now=$(cksum <"$2")
    if [ "$now" != "$seen" ]; then
        seen=$now
        kill -HUP "$broker"
    fi
done
wait "$broker"
