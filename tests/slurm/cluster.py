"""A real Slurm on this machine, of one controller and two nodes, for tests and for trying things.

`python -m tests.slurm.cluster FOLDER` starts it and says how to use it; Ctrl-C ends it. It needs
root and Debian's packages slurmctld, slurmd, slurm-client, slurmdbd and mariadb-server.

Each node has a host name, process ids and an /etc/slurm of its own (namespaces); files and network
are this machine's. Nothing outside the folder is written, ports are free ones, and all processes
end with the one that started them: several such clusters stand side by side.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from autodagger.processes import die_with_parent

NODES = ("n1", "n2")
CPUS = 4
"""Of each node, whatever this machine has (config_overrides)."""

PROGRAMS = (
    *("slurmctld", "slurmd", "slurmdbd", "sbatch", "srun", "sacct", "sacctmgr"),
    *("mariadbd", "mariadb", "mariadb-install-db", "unshare", "mount"),
)
_PORTS = ("controller", "accounting", "database", *NODES)
_COLUMNS = {"id": "JobIDRaw", "state": "State", "node": "NodeList", "comment": "Comment"}
_START_SECONDS = 60
_NAME = "small"
_PLACE = Path("/etc/slurm")  # where srun, called within a job, looks for slurm.conf

_SLURM_CONF = """\
ClusterName={name}
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
AuthType=auth/none
CredType=cred/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,batch_sched_delay=1
ReturnToService=2
SlurmdTimeout=30
KillWait=5
MinJobAge=60
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort={accounting}
AccountingStoreFlags=job_comment
SlurmdParameters=config_overrides
PartitionName=short Nodes=ALL Default=YES MaxTime=1-0 State=UP
"""
_NODE = """\
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} RealMemory=8000
"""
_SLURMDBD_CONF = """\
AuthType=auth/none
DbdHost=localhost
DbdPort={accounting}
SlurmUser=root
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
"""
_GRANT = """\
create database slurm;
create user slurm@localhost identified by 'slurm';
create user slurm@'127.0.0.1' identified by 'slurm';
grant all on slurm.* to slurm@localhost;
grant all on slurm.* to slurm@'127.0.0.1';
"""
# The shell stays as the first process, which collects the jobs' orphans. `unshare` has made the
# mounts this node's alone.
_BE_NODE = "hostname {node} && mount --bind {folder}/etc {place} && slurmd -D -N {node} & wait"
_UNSHARE = ("unshare", "--uts", "--pid", "--mount-proc", "--fork", "--kill-child")


class ClusterError(Exception):
    """A program of the cluster does not start; the message has the ends of all logs."""


def find_lacking() -> str:
    """What this machine lacks for a cluster, in words; empty when it has all."""
    if os.geteuid() != 0:
        return "a Slurm of its own needs root: namespaces, and jobs of any user"
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    lacking = [program for program in PROGRAMS if not shutil.which(program, path=path)]
    if lacking:
        return f"a Slurm of its own needs {', '.join(lacking)} (see tests/slurm/cluster.py)"
    if subprocess.run([*_UNSHARE, "hostname", "n1"], capture_output=True).returncode:
        return "a Slurm of its own needs namespaces (unshare --uts --pid), refused here"
    return ""


class Cluster:
    """A Slurm that lives as long as the `with` block.

    Args:
        folder: For its files; made, and must not be there or be empty. Short: sockets lie in it.

    Attributes:
        variables: Of the environment, for the commands of Slurm and Snakemake to find it.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).resolve()
        ports = find_free_ports(len(_PORTS))
        self._ports = dict(zip(_PORTS, ports, strict=True))
        self._processes: list[subprocess.Popen[bytes]] = []
        self.variables = {
            "SLURM_CONF": str(self.folder / "etc" / "slurm.conf"),
            "PATH": os.environ.get("PATH", "") + ":/usr/sbin",
        }
        self._environment = os.environ | self.variables

    def __enter__(self) -> "Cluster":
        try:
            self._write_files()
            self._start_accounting()
            self._start("slurmctld", "-D", "-c")
            for node in NODES:
                self._start_node(node)
            self._wait("slurmctld", lambda: len(self.list_nodes("idle")) == len(NODES))
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def ask(self, *command: str) -> str:
        """The output of a command of Slurm; empty when it fails."""
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    def tell(self, *command: str) -> None:
        """Has a command of Slurm do something.

        Raises:
            subprocess.CalledProcessError: It failed.
        """
        subprocess.run(command, env=self._environment, check=True, capture_output=True, text=True)

    def list_nodes(self, state: str) -> list[str]:
        """Names of the nodes in a state, as sinfo calls it: idle, alloc, drain."""
        lines = self.ask("sinfo", "-h", "-N", "-o", "%N %t").splitlines()
        return sorted({line.split()[0] for line in lines if line.split()[1] == state})

    @contextmanager
    def drained(self, node: str) -> Iterator[None]:
        """Takes a node out of service: what runs there ends, nothing new begins."""
        update = ("scontrol", "update", f"nodename={node}")
        self.tell(*update, "state=drain", "reason=tests")
        try:
            yield
        finally:
            self.tell(*update, "state=resume")

    def list_jobs(self, folder: Path) -> list[dict[str, str]]:
        """All that ran in a folder, by the accounting: id, state, node; comment names the rule."""
        # --duplicates: a job that Slurm itself started again has a line for each time.
        command = ("sacct", "-X", "-n", "-P", "--duplicates", "-S", "now-1day")
        names = ["where", *_COLUMNS]
        lines = self.ask(*command, "-o", ",".join(["WorkDir", *_COLUMNS.values()])).splitlines()
        jobs = [dict(zip(names, line.split("|"), strict=True)) for line in lines]
        return [job for job in jobs if Path(job["where"]) == folder]

    def _write_files(self) -> None:
        for name in ("etc", "state", *(f"spool.{node}" for node in NODES)):
            (self.folder / name).mkdir(parents=True)
        values = {"folder": self.folder, "host": socket.gethostname(), "name": _NAME, **self._ports}
        nodes = [
            _NODE.format(node=node, host=values["host"], port=self._ports[node], cpus=CPUS)
            for node in NODES
        ]
        (self.folder / "etc" / "slurm.conf").write_text(
            _SLURM_CONF.format(**values) + "".join(nodes)
        )
        accounting = self.folder / "etc" / "slurmdbd.conf"
        accounting.write_text(_SLURMDBD_CONF.format(**values))
        accounting.chmod(0o600)  # else slurmdbd refuses it
        _PLACE.mkdir(exist_ok=True)

    def _start_accounting(self) -> None:
        own, data = "--no-defaults", f"--datadir={self.folder}/db"
        with (self.folder / "install.out").open("wb") as log:
            command = ["mariadb-install-db", own, data, "--user=root", "--skip-test-db"]
            command += ["--auth-root-authentication-method=normal"]
            subprocess.run(command, check=True, stdout=log, stderr=log)
        place = [f"--socket={self.folder}/db.socket", f"--port={self._ports['database']}"]
        small = ["--bind-address=127.0.0.1", "--innodb-buffer-pool-size=64M"]
        self._start("mariadbd", own, data, "--user=root", *place, *small)
        client = ("mariadb", own, "-u", "root", place[0], "-e")
        self._wait("mariadbd", lambda: self._succeeds(*client, "select 1"))
        self.tell(*client, _GRANT)
        self._start("slurmdbd", "-D")
        add = ("sacctmgr", "-i", "add", "cluster", _NAME)
        self._wait("slurmdbd", lambda: self._succeeds(*add))

    def _start_node(self, node: str) -> None:
        script = _BE_NODE.format(node=node, folder=self.folder, place=_PLACE)
        self._start(*_UNSHARE, "sh", "-c", script, log=node)

    def _start(self, *command: str, log: str = "") -> None:
        with (self.folder / f"{log or command[0]}.out").open("ab") as file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is for this process, which ends them in order
                preexec_fn=die_with_parent,
            )
        self._processes.append(process)

    def _succeeds(self, *command: str) -> bool:
        return subprocess.run(command, env=self._environment, capture_output=True).returncode == 0

    def _wait(self, program: str, is_ready: Callable[[], bool]) -> None:
        end = time.monotonic() + _START_SECONDS
        while not is_ready():
            if time.monotonic() > end or self._processes[-1].poll() is not None:
                raise ClusterError(
                    f"{program} does not answer; {self.folder}/*.out, *.log say more"
                )
            time.sleep(0.2)

    def _end(self) -> None:
        """The nodes first, and their jobs with them; the database last."""
        while self._processes:
            process = self._processes.pop()
            # unshare does not listen to SIGTERM; its end is that of all within.
            process.kill() if "unshare" in process.args else process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def find_free_ports(number: int) -> list[int]:
    """Ports on which nobody listens at this moment."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def main(folder: str) -> None:
    """Starts a cluster, says how to use it, and waits for Ctrl-C or SIGTERM."""
    if lacking := find_lacking():
        sys.exit(lacking)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Cluster(folder) as cluster:
        print(f"export SLURM_CONF={cluster.variables['SLURM_CONF']}", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("ended", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
