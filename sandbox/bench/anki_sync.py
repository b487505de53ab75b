"""Anki's own sync, measured: the reference of `cargo xtask bench sync`.

The server is `python -m anki.syncserver` in a process of its own; this process is the client, with two collections of
one account. Batch sizes, compression and transactions are Anki's own. Commands come as lines on the standard input, and
each is answered by one line of JSON. Times are seconds around the sync alone: notes are added before the clock starts.
A command whose work did not happen ends the program.
"""

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

from anki.collection import AddNoteRequest, Collection
from anki.sync_pb2 import SyncCollectionResponse

USER, PASSWORD = "bench", "bench"
# 192 random bytes are 256 characters that no compression shortens below 192 bytes.
RANDOM_BYTES = 192
PATIENCE_SECONDS = 30


class Server:
    """`python -m anki.syncserver` on a free port of the loopback."""

    def __init__(self, directory):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        settings = {
            "SYNC_USER1": f"{USER}:{PASSWORD}",
            "SYNC_BASE": os.path.join(directory, "server"),
            "SYNC_HOST": "127.0.0.1",
            "SYNC_PORT": str(self.port),
            "MAX_SYNC_PAYLOAD_MEGS": "500",
            "RUST_LOG": "error",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "anki.syncserver"], env={**os.environ, **settings}, stdout=subprocess.DEVNULL
        )
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            if self.process.poll() is not None or time.monotonic() > ends:
                raise SystemExit("Anki's server does not listen")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class CountingProxy:
    """Passes bytes on to a port and counts them, heads of HTTP included."""

    def __init__(self, port):
        self.port, self.bytes, self.lock = port, 0, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.port))
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self.pass_on, args=ends, daemon=True).start()

    def pass_on(self, source, sink):
        try:
            while piece := source.recv(65536):
                with self.lock:
                    self.bytes += len(piece)
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    @property
    def address(self):
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/"


class Device:
    """A collection that is logged in."""

    def __init__(self, file, address):
        self.collection = Collection(file)
        self.auth = self.collection.sync_login(USER, PASSWORD, address)

    def full(self, upload):
        """The first sync of a collection is always a whole file."""
        output = self.collection.sync_collection(self.auth, False)
        if output.required == SyncCollectionResponse.NO_CHANGES:
            return
        self.collection.close_for_full_sync()
        self.collection.full_upload_or_download(auth=self.auth, server_usn=None, upload=upload)
        self.collection.reopen(after_full_sync=True)

    def sync(self):
        """A normal sync; gives the seconds it took."""
        start = time.perf_counter()
        output = self.collection.sync_collection(self.auth, False)
        seconds = time.perf_counter() - start
        if output.required != SyncCollectionResponse.NO_CHANGES or output.server_message:
            raise SystemExit(f"not a normal sync: {output}")
        return seconds

    def add(self, count):
        notetype = self.collection.models.by_name("Basic")
        requests = []
        for _ in range(count):
            note = self.collection.new_note(notetype)
            note["Front"] = base64.b64encode(os.urandom(RANDOM_BYTES)).decode()
            requests.append(AddNoteRequest(note=note, deck_id=1))
        self.collection.add_notes(requests)

    def notes(self):
        """How many there are, and a sum over their texts."""
        return self.collection.db.first("select count(), total(csum) from notes")


class Bench:
    def __init__(self, directory):
        self.server = Server(directory)
        address = f"http://127.0.0.1:{self.server.port}/"
        self.one = Device(os.path.join(directory, "one.anki2"), address)
        # A server that holds no note asks for the whole file however little there is to tell it.
        self.one.add(1)
        self.one.full(upload=True)
        self.two = Device(os.path.join(directory, "two.anki2"), address)
        self.two.full(upload=False)

    def ready(self):
        return {
            "synchronous": self.one.collection.db.scalar("pragma synchronous"),
            "journal": self.one.collection.db.scalar("pragma journal_mode"),
        }

    def same(self):
        if self.one.notes() != self.two.notes():
            raise SystemExit(f"not the same on both sides: {self.one.notes()}, {self.two.notes()}")

    def push(self, count):
        self.one.add(int(count))
        return {"seconds": self.one.sync()}

    def pull(self, count):
        before, _ = self.two.notes()
        seconds = self.two.sync()
        if self.two.notes()[0] != before + int(count):
            raise SystemExit("the notes did not arrive")
        self.same()
        return {"seconds": seconds}

    def noop(self):
        return {"seconds": self.one.sync()}

    def across(self):
        self.one.add(1)
        seconds = self.one.sync() + self.two.sync()
        self.same()
        return {"seconds": seconds}

    def bytes(self, count):
        """The bytes of a sync with nothing new, and of one that brings so many notes up."""
        proxy = CountingProxy(self.server.port)
        direct, self.one.auth.endpoint = self.one.auth.endpoint, proxy.address
        # The first after something new still has to hear of it.
        self.one.sync()
        before = proxy.bytes
        self.one.sync()
        noop = proxy.bytes - before
        self.one.add(int(count))
        before = proxy.bytes
        self.one.sync()
        pushed = proxy.bytes - before
        self.one.auth.endpoint = direct
        self.two.sync()
        self.same()
        return {"noop": noop, "pushed": pushed}

    def stop(self):
        self.one.collection.close()
        self.two.collection.close()
        self.server.stop()


def main():
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(directory)
        try:
            print(json.dumps(bench.ready()), flush=True)
            commands = {name: getattr(bench, name) for name in ("push", "pull", "noop", "across", "bytes")}
            for line in sys.stdin:
                name, *arguments = line.split()
                print(json.dumps(commands[name](*arguments)), flush=True)
        finally:
            bench.stop()


if __name__ == "__main__":
    main()
