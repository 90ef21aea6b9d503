#!/bin/sh
# A DMVPN of three routers on one Linux machine, each a process of its own in a network namespace of its own.
#
#                          internet (this kernel)
#                    192.0.2.1  198.51.100.1  203.0.113.1
#                        |           |            |
#                       hub        spoke1       spoke2         iosh run
#                        |           |            |
#                     10.0.0.0    10.1.0.0     10.2.0.0
#                                    |            |
#                                   pc1          pc2           hosts, 10.1.0.10 and 10.2.0.10
#
# It pings from pc1 to pc2, shows what the routers know, shows that the packets go past the hub, and leaves nothing
# behind. Run it as root:  examples/linux/dmvpn.sh         (it takes about fifteen seconds)
# To look around first:    examples/linux/dmvpn.sh --stay  (it waits for Enter before it takes all down)
set -eu

examples=$(cd "$(dirname "$0")/.." && pwd)
iosh=${IOSH:-iosh}
work=$(mktemp -d)                # copies of the startup-configs, control sockets, logs
tag=dmvpn$$                      # before every namespace's name, so that two runs do not meet
export XDG_RUNTIME_DIR="$work" XDG_DATA_HOME="$work/data"

on() {                           # on NAMESPACE COMMAND...
    where=$1
    shift
    ip netns exec "$tag-$where" "$@"
}

say() { printf '\n=== %s\n' "$*"; }

ask() {                          # ask ROUTER COMMAND: what its console says
    printf 'enable\nterminal length 0\n%s\n' "$2" | "$iosh" attach "$1" | sed '/>enable$/d; /#terminal length 0$/d; /#$/d'
}

wait_for() {                     # wait_for WORD ROUTER COMMAND: until the answer has the word
    tries=0
    until ask "$2" "$3" | grep -q "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 60 ] || { echo "no '$1' in '$3' of $2:"; ask "$2" "$3"; cat "$work"/*.log; exit 1; }
        sleep 0.5
    done
}

# --- whatever happens, take down what was put up -----------------------------------------------------------------------

routers=
take_down() {
    trap '' INT TERM HUP
    # shellcheck disable=SC2086
    [ -z "$routers" ] || { kill $routers; wait $routers; } 2>/dev/null || true
    for where in internet hub spoke1 spoke2 pc1 pc2; do
        ip netns del "$tag-$where" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap take_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

[ "$(id -u)" = 0 ] || { echo "dmvpn.sh: namespaces and ports need root" >&2; exit 77; }
for program in "$iosh" ip ping; do
    command -v "$program" >/dev/null || { echo "dmvpn.sh: needs $program" >&2; exit 69; }
done

# --- the wires ---------------------------------------------------------------------------------------------------------

say "Six namespaces, five cables"
for where in internet hub spoke1 spoke2 pc1 pc2; do
    ip netns add "$tag-$where"
    on "$where" ip link set lo up
done
cable() {                        # cable ONE DEVICE OTHER DEVICE
    on "$1" ip link add "$2" type veth peer name "$4" netns "$tag-$3"
    on "$1" ip link set "$2" up
    on "$3" ip link set "$4" up
}
cable internet hub    hub    wan
cable internet spoke1 spoke1 wan
cable internet spoke2 spoke2 wan
cable pc1      eth0   spoke1 lan
cable pc2      eth0   spoke2 lan

on internet ip addr add 192.0.2.1/24 dev hub
on internet ip addr add 198.51.100.1/24 dev spoke1
on internet ip addr add 203.0.113.1/24 dev spoke2
on internet sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
on pc1 ip addr add 10.1.0.10/24 dev eth0
on pc1 ip route add default via 10.1.0.1
on pc2 ip addr add 10.2.0.10/24 dev eth0
on pc2 ip route add default via 10.2.0.1

# --- the routers -------------------------------------------------------------------------------------------------------

say "Three routers: the startup-configs are those of examples/dmvpn-phase3"
start() {                        # start ROUTER PORT...; `write memory` would write the copy
    name=$1
    shift
    cp "$examples/dmvpn-phase3/$name.cfg" "$work/$name.cfg"
    ip netns exec "$tag-$name" "$iosh" run "$work/$name.cfg" "$@" </dev/null 2>"$work/$name.log" &
    routers="$routers $!"
    until [ -S "$work/iosh/$name" ]; do
        kill -0 $! 2>/dev/null || { cat "$work/$name.log"; exit 1; }
        sleep 0.1
    done
}
start hub    --port GigabitEthernet1=wan
start spoke1 --port GigabitEthernet1=wan --port GigabitEthernet2=lan
start spoke2 --port GigabitEthernet1=wan --port GigabitEthernet2=lan
wait_for UP spoke1 'show dmvpn | include 192.0.2.2'
wait_for UP spoke2 'show dmvpn | include 192.0.2.2'

# --- the cloud ---------------------------------------------------------------------------------------------------------

say "The hub's view: both spokes have registered"
ask hub 'show dmvpn'

say "pc1 pings pc2: the first packet goes by the hub, which tells spoke1 of a shorter way"
on pc1 ping -c 3 -i 0.3 10.2.0.10
wait_for ' D' spoke1 'show dmvpn | include 203.0.113.2'

say "spoke1's view: spoke2 is a dynamic peer (D) now"
ask spoke1 'show dmvpn'

say "And the packets go direct: of a hundred more, as many pass spoke1's tunnel to spoke2, and hardly any the hub's"
sealed() {                       # sealed PEER: packets that spoke1 has encrypted to it
    ask spoke1 "show crypto ipsec sa peer $1 | include encaps" | sed -n 's/.*encaps: \([0-9]*\).*/\1/p'
}
hub_before=$(sealed 192.0.2.2) spoke_before=$(sealed 203.0.113.2)
on pc1 ping -q -c 100 -i 0.01 10.2.0.10
echo "to spoke2: $(($(sealed 203.0.113.2) - spoke_before)) packets, to the hub: $(($(sealed 192.0.2.2) - hub_before))"

if [ "${1:-}" = --stay ]; then
    say "Look around; Enter takes it down"
    echo "export XDG_RUNTIME_DIR=$work"
    echo "$iosh attach hub               # or spoke1, spoke2; Ctrl-] lets go"
    echo "ip netns exec $tag-pc1 ping 10.2.0.10"
    read -r _ || true
fi
say "Done: the routers say goodbye, everything is taken down"
