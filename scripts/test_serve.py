"""Asks cardlink serve as programs and attackers do; see scripts/test-serve."""

import hashlib
import http.client
import json
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

programs, folder = Path(sys.argv[1]), Path(sys.argv[2])
pipeline, clients, workspace = folder / "pipeline.yaml", folder / "clients", folder / "var"
passed = 0


def check(is_right, what):
    global passed
    if not is_right:
        for process in Server.running:
            process.kill()
        sys.exit(f"test-serve: {what}\nWhat the servers said:\n{''.join(Server.said[-40:])}")
    passed += 1


def cardlink(*arguments, **options):
    return subprocess.run([programs / "cardlink", *map(str, arguments)], check=True, capture_output=True, text=True, **options).stdout


class Server:
    running, said = [], []

    def __init__(self, source, *arguments):
        self.process = subprocess.Popen(
            [programs / "cardlink", "serve", source, "--clients", clients, "--port", "0", "--rate", "100000", *map(str, arguments)],
            stdout=subprocess.PIPE, text=True)
        Server.running.append(self.process)
        line = self.process.stdout.readline()
        while line and "://" not in line:
            line = self.process.stdout.readline()
        self.url = line.strip()
        check(self.url, f"serve {source} starts")
        self.port = int(self.url.rsplit(":", 1)[1])
        threading.Thread(target=lambda: Server.said.extend(self.process.stdout), daemon=True).start()

    def stop(self):
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        check(self.process.wait(20) == 0 and time.monotonic() - began < 6, "SIGTERM ends it within seconds, with exit code 0")


class Client:
    """One connection that stays open."""

    def __init__(self, port, tls=None):
        self.connection = (
            http.client.HTTPSConnection("127.0.0.1", port, context=tls, timeout=20) if tls
            else http.client.HTTPConnection("127.0.0.1", port, timeout=20))

    def send(self, method, path, body=None, secret=None, type="application/json"):
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        if body is not None:
            headers["Content-Type"] = type
        self.connection.request(method, path, body if body is None or isinstance(body, bytes) else body.encode(), headers)
        response = self.connection.getresponse()
        return response.status, response.read(), dict(response.getheaders())

    def ask(self, person, secret, form=False):
        fields = {"maThe": person[0], "hoTen": person[1], "ngaySinh": person[2]}
        if form:
            return self.send("POST", "/card-check", urlencode(fields), secret, "application/x-www-form-urlencoded")
        return self.send("POST", "/card-check", json.dumps(fields, ensure_ascii=False), secret)


def raw(port, data, wait=5.0):
    """What comes back for bytes as they are."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        answer = b""
        try:
            connection.sendall(data)
            while part := connection.recv(65536):
                answer += part
                if b"}\n" in answer:
                    break
        except (TimeoutError, ConnectionError):
            pass
        return answer


def spoken(date):
    return "/".join(reversed(date.split("-")))


def people(count):
    with sqlite3.connect(workspace / "card-attributes.sqlite") as store:
        rows = store.execute(
            "SELECT personal_id, insurance_number, card_number, full_name, birth_date FROM card_attribute ORDER BY personal_id LIMIT ?",
            [count]).fetchall()
    return [(number, row[3], spoken(row[4])) for row in rows for number in row[:3] if number]


def audited():
    return (workspace / "audit.log").read_text().count('"door":"serve"')


def answers(server):
    """As check-card answers, by JSON, by form, and at the gateway's own addresses."""
    asked = people(400) + [("001090000101", "Không Có", "1990"), ("12", "A B", "1990"), ("0100000101", "", ""), ("", "", "")]
    lines = "\n".join(
        json.dumps({"maThe": a, "hoTen": b, "ngaySinh": c}, ensure_ascii=False) for a, b, c in asked)
    (folder / "asked.ndjson").write_text(lines + "\n")
    expected = [
        json.loads(line) for line in
        cardlink("check-card", pipeline, "--batch", folder / "asked.ndjson").splitlines()]
    client, before = Client(server.port), audited()
    for i, person in enumerate(asked):
        status, body, headers = client.ask(person, secret, form=i % 2 == 1)
        answer = json.loads(body)
        check(status == 200 and headers["content-type"] == "application/json; charset=utf-8", f"question {i}: {status}")
        for name, value in expected[i].items():
            if name not in ("dong", "ghiChu"):
                check(answer[name] == value, f"question {i} {asked[i]}: {name} is {answer[name]}, not {value}: {answer['ghiChu']}")
        check(answer["ghiChu"].replace(f" dòng {i + 1}:", "") == expected[i]["ghiChu"].replace(f" dòng {i + 1}:", ""), f"question {i}: the note")
        check(answer["dsLichSuKCB2018"] is None and answer["diaChi"] is None, "what the store does not hold is null")
    check({e["maKetQua"] for e in expected} >= {"000", "050", "205"}, "several codes occur")
    log = (workspace / "audit.log").read_text()
    check(audited() - before == len(asked), "each answer is in the audit log")
    check('"user":"01014_BV"' in log, "with its client")
    check(not any(person[0] in log for person in asked if len(person[0]) > 2), "and no number")
    check("intact" in cardlink("audit", "verify", pipeline), "the log is intact")
    # As programs ask the gateway: a token for the MD5 of the password, then the token in the query.
    md5 = hashlib.md5(secret.encode()).hexdigest()
    for login, type in [
        (urlencode({"username": "01014_BV", "password": md5}), "application/x-www-form-urlencoded"),
        (json.dumps({"username": "01014_BV", "password": md5.upper()}), "application/json; charset=utf-8"),
    ]:
        key = json.loads(client.send("POST", "/api/token/take", login, type=type)[1])
        check(key["maKetQua"] == "200", f"a token by {type}")
        query = urlencode({
            "token": key["APIKey"]["access_token"], "id_token": key["APIKey"]["id_token"], "username": "01014_BV", "password": md5})
        body = json.dumps({"maThe": asked[0][0], "hoTen": asked[0][1], "ngaySinh": asked[0][2], "hoTenCb": "A", "cccdCb": "001090000101"})
        status, answer, _ = client.send("POST", "/api/egw/KQNhanLichSuKCB2024?" + query, body)
        check(status == 200 and json.loads(answer)["hoTen"] == expected[0]["hoTen"], "the gateway's address answers")
    for query in ["", "?token=x", "?token=" + "0" * 64, "?token=%zz"]:
        status, answer, _ = client.send("POST", "/api/egw/KQNhanLichSuKCB2024" + query, body)
        check(status == 200 and json.loads(answer)["maKetQua"] == "401", "no token, no answer")
    wrong = json.dumps({"username": "01014_BV", "password": secret})
    check(json.loads(client.send("POST", "/api/token/take", wrong)[1])["maKetQua"] == "401", "a wrong password")


def refusals(server):
    person = people(1)[0]
    good = json.dumps({"maThe": person[0], "hoTen": person[1], "ngaySinh": person[2]})
    client, before = Client(server.port), audited()
    for status, method, path, body, who, type in [
        (401, "POST", "/card-check", good, None, "application/json"),
        (401, "POST", "/card-check", good, "wrong", "application/json"),
        (401, "GET", "/metrics", None, None, None),
        (405, "GET", "/card-check", None, secret, None), (405, "TRACE", "/card-check", None, secret, None),
        (405, "POST", "/health", "{}", secret, "application/json"),
        (404, "GET", "/", None, secret, None), (404, "GET", "/../../etc/passwd", None, secret, None),
        (404, "GET", "/%2e%2e/clients", None, secret, None), (404, "POST", "/card-check/", good, secret, "application/json"),
        (404, "POST", "//card-check", good, secret, "application/json"),
        (415, "POST", "/card-check", good, secret, "text/plain"), (415, "POST", "/card-check", good, secret, ""),
        (400, "POST", "/card-check", "", secret, "application/json"), (400, "POST", "/card-check", "[]", secret, "application/json"),
        (400, "POST", "/card-check", good[:-1], secret, "application/json"),
        (400, "POST", "/card-check", good[:-1] + ', "MATHE": "1"}', secret, "application/json"),
        (400, "POST", "/card-check", good.replace('"hoTen"', '"ten"'), secret, "application/json"),
        (400, "POST", "/card-check", '{"maThe": 1, "hoTen": "A B", "ngaySinh": "1990"}', secret, "application/json"),
        (400, "POST", "/card-check", '{"maThe": {"a": 1}, "hoTen": "A B", "ngaySinh": "1990"}', secret, "application/json"),
        (400, "POST", "/card-check", "maThe=1&hoTen=A&ngaySinh=1990&hoTen=B", secret, "application/x-www-form-urlencoded"),
        (400, "POST", "/card-check", "maThe=%zz&hoTen=A&ngaySinh=1990", secret, "application/x-www-form-urlencoded"),
    ]:
        found, body, headers = client.send(method, path, body, who, type)
        check(found == status, f"{method} {path} {type}: {found} instead of {status}")
        check(set(json.loads(body)) == {"maKetQua", "ghiChu"}, "a refusal has the gateway's form")
        check(status != 405 or headers["allow"] in ("GET", "POST"), "405 says what is allowed")
    check(audited() == before, "a refused request reads nothing")
    # Bytes that are no text give an answer, and the answer is text.
    for name in [b"\xff\xfe\x00", b"Nguy\xc3", b"\xed\xa0\x80", b"A\x00B"]:
        body = b'{"maThe":"' + person[0].encode() + b'","hoTen":"' + name + b'","ngaySinh":"1990"}'
        status, body, _ = client.send("POST", "/card-check", body, secret)
        check(status in (200, 400) and json.loads(body.decode())["maKetQua"] in ("205", "060"), "bad UTF-8 is no name")


def hostile(server):
    head = f"POST /card-check HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\n".encode()
    one = b'{"maThe":"001090000101","hoTen":"A B","ngaySinh":"1990"}'
    length = b"Content-Length: %d\r\n" % len(one)
    before = audited()
    for what, data, status in [
        ("two lengths", head + length + b"Content-Length: 5\r\n\r\n" + one, b"400"),
        ("a length and chunks", head + length + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        ("two tokens", head + b"Authorization: Bearer x\r\n" + length + b"\r\n" + one, b"401"),
        ("two types", head + b"Content-Type: text/plain\r\n" + length + b"\r\n" + one, b"415"),
        ("two hosts", head + b"Host: b\r\n" + length + b"\r\n" + one, b"400"),
        ("no host", head.replace(b"Host: a\r\n", b"") + length + b"\r\n" + one, b"400"),
        ("a folded header", head + b"X-A: b\r\n c\r\n" + length.replace(b":", b" :") + b"\r\n" + one, b"400"),
        ("a bare line feed in a header", head + b"X-A: b\nX-B\r\n" + length + b"\r\n" + one, b"400"),
        ("no request", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64 + b"\r\n\r\n", b"400"),
        ("a long body", head + b"Content-Length: 100000000\r\n\r\n" + b"a" * 100000, b"413"),
        ("a long body in chunks", head + b"Transfer-Encoding: chunked\r\n\r\n" + (b"1000\r\n" + b"a" * 4096 + b"\r\n") * 8, b"413"),
        ("a long header", head + b"X-A: " + b"a" * 200000 + b"\r\n\r\n", b"400"),
        ("many headers", head + b"".join(b"X-%d: a\r\n" % i for i in range(5000)) + b"\r\n", b"400"),
        ("a huge length", head + b"Content-Length: 99999999999999999999999\r\n\r\n", b"400"),
    ]:
        answer = raw(server.port, data)
        check(answer.startswith(b"HTTP/1.1 " + status), f"{what}: {answer[:80]!r}")
    check(audited() == before, "none of them was answered")
    waits = raw(server.port, head + b"Expect: 100-continue\r\n" + length + b"\r\n" + one)
    check(waits.startswith(b"HTTP/1.1 100") and b"HTTP/1.1 200" in waits, "a program that waits for 100 Continue is answered")
    both = raw(server.port, (head + length + b"\r\n" + one) * 2)
    check(both.startswith(b"HTTP/1.1 200"), "requests one behind the other")
    # Slow clients are let go; meanwhile others are answered.
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    for i, connection in enumerate(slow):
        connection.sendall(head if i % 2 else head + length + b"\r\n" + one[:5])
    check(Client(server.port).ask(people(1)[0], secret)[0] == 200, "answers beside slow clients")
    began = time.monotonic()
    for connection in slow:
        connection.settimeout(20)
        try:
            while connection.recv(4096):
                pass
        except ConnectionError:
            pass
        connection.close()
    check(time.monotonic() - began < 15, "slow clients are closed")


def limits():
    cardlink("keys", "client", clients, "slow")
    text = clients.read_text().rstrip()
    clients.write_text(text + " 2\n")
    fresh = cardlink("keys", "client", clients, "fresh").strip()
    server = Server(pipeline)
    client, person = Client(server.port), people(1)[0]
    check(client.ask(person, fresh)[0] == 200, "a client of the file")
    limited = [line for line in clients.read_text().splitlines() if line.startswith("fresh ")][0]
    clients.write_text(clients.read_text().replace(limited, limited + " 2"))
    time.sleep(2.5)
    statuses = [client.ask(person, fresh)[0] for _ in range(30)]
    check(statuses[0] == 200 and 429 in statuses, f"a client that asks too much is told so: {statuses}")
    metrics = client.send("GET", "/metrics", secret=secret)[1].decode()
    check(re.search(r'refused_total\{status="429"\} [1-9]', metrics) and "fresh" not in metrics, "metrics count it and name no client")
    clients.write_text("".join(line + "\n" for line in clients.read_text().splitlines() if not line.startswith("fresh ")))
    time.sleep(2.5)
    check(client.ask(person, fresh)[0] == 401, "a client that was taken out is refused")
    server.stop()


def load(server, seconds, answered, asked):
    """Asks from several connections until told to stop, or the server ends."""
    stop = threading.Event()

    def run(offset):
        client, i = Client(server.port), offset
        while not stop.is_set():
            try:
                status, body, _ = client.ask(asked[i % len(asked)], secret)
            except (OSError, http.client.HTTPException):
                return
            answered.append((i % len(asked), status, body))
            i += 7
    threads = [threading.Thread(target=run, args=[n]) for n in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    return stop, threads


def takeover():
    """A new store comes in force while it answers: each answer is of the one or the other, and soon of the new one."""
    server, answered, asked = Server(pipeline), [], people(50)
    stop, threads = load(server, 0.5, answered, asked)
    cardlink("run", pipeline, "--as-of", "2026-11-24")
    deadline = time.monotonic() + 10
    while not answered or "24/11/2026".encode() not in answered[-1][2]:
        check(time.monotonic() < deadline, "the new store is taken up")
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    by_question = {}
    for i, status, body in answered:
        check(status == 200, f"no answer fails meanwhile: {status} {body}")
        by_question.setdefault(i, set()).add(body)
    check(all(len(bodies) <= 2 for bodies in by_question.values()), "an answer is of one store or the other")
    days = [body.find("24/11/2026".encode()) > 0 for _, _, body in answered]
    check(True in days and False in days, "both stores answered")
    server.stop()


def ended():
    """Killed or ended under load: what was answered is in the log."""
    for number in (signal.SIGKILL, signal.SIGTERM):
        server, answered, before = Server(pipeline), [], audited()
        stop, threads = load(server, 1, answered, people(50))
        began = time.monotonic()
        server.process.send_signal(number)
        server.process.wait(20)
        check(time.monotonic() - began < 6, "it ends within seconds")
        for thread in threads:
            thread.join()
        check(len(answered) > 20 and audited() - before >= len(answered), "each answer was in the log before it was given")
        check("intact" in cardlink("audit", "verify", pipeline), "the log is intact, or mended")
    server = Server(pipeline)
    shutil.move(workspace / "audit.log", folder / "audit.log")
    (workspace / "audit.log").mkdir()
    status, body, _ = Client(server.port).ask(people(1)[0], secret)
    check(status == 503 and json.loads(body)["maKetQua"] == "100", "no log, no answer")
    (workspace / "audit.log").rmdir()
    shutil.move(folder / "audit.log", workspace / "audit.log")
    check(Client(server.port).ask(people(1)[0], secret)[0] == 200, "and it goes on by itself")
    server.stop()


def certificate(name):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "tls.key", "-out", folder / "tls.pem"],
        check=True, capture_output=True)


def encrypted():
    certificate("first")
    server = Server(pipeline, "--certificate", folder / "tls.pem", "--private-key", folder / "tls.key")
    check(server.url.startswith("https://"), "TLS with a certificate")
    trust = ssl.create_default_context(cafile=folder / "tls.pem")
    check(Client(server.port, trust).ask(people(1)[0], secret)[0] == 200, "answers over TLS")
    check(not raw(server.port, b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 200"), "and not without")
    # A file's time is compared in seconds.
    time.sleep(1.1)
    certificate("second")
    time.sleep(2.5)
    trust = ssl.create_default_context(cafile=folder / "tls.pem")
    check(Client(server.port, trust).ask(people(1)[0], secret)[0] == 200, "a renewed certificate is used without a restart")
    server.stop()


def facility():
    """From a facility's package, whose log is in a folder of its own."""
    package = next((workspace / "packages" / "current").glob("0*"))
    person = next(people_of(package))
    server = Server(package, "--audit", folder / "log", "--on", "2026-11-24")
    status, body, _ = Client(server.port).ask(person, secret)
    check(status == 200 and json.loads(body)["maKetQua"] in ("000", "003", "004", "010"), "a package answers")
    check('"door":"serve"' in (folder / "log" / "audit.log").read_text(), "and the facility's log has it")
    server.stop()
    late = subprocess.run(
        [programs / "cardlink", "serve", package, "--clients", clients, "--audit", folder / "log", "--on", "2027-12-31"],
        capture_output=True, text=True, timeout=20)
    check(late.returncode == 65, "a package that is out of date is refused")


def people_of(package):
    lines = (package / "data" / "people.csv").read_text().lstrip("\ufeff").splitlines()
    names = lines[0].split(",")
    for line in lines[1:]:
        row = dict(zip(names, line.split(",")))
        yield row["personal_id"], row["full_name"], spoken(row["birth_date"])


def described(server):
    """schemathesis finds nothing that the description does not say."""
    run = subprocess.run(
        [Path(sys.executable).parent / "schemathesis", "run", server.url + "/openapi.json", "-H", f"Authorization: Bearer {secret}",
         "--max-examples", "40", "--seed", "1", "--no-color"],
        cwd=folder, capture_output=True, text=True)
    check(run.returncode == 0, f"schemathesis: {run.stdout[-6000:]}{run.stderr[-1000:]}")


cardlink("generate", folder, "--people", "3000", "--seed", "5")
text = pipeline.read_text()
if "publish:" not in text:
    pipeline.write_text(text + 'publish:\n  packages:\n    - { facility: "*", formats: [csv] }\n')
cardlink("run", pipeline, "--as-of", "2026-11-23")
secret = cardlink("keys", "client", clients, "01014_BV").strip()
server = Server(pipeline)
for step in (answers, refusals, hostile, described):
    step(server)
server.stop()
for step in (limits, takeover, ended, encrypted, facility):
    step()
print(f"{passed} passed, 0 failed")
