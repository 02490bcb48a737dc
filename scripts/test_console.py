"""Drives the console in headless Chromium; see scripts/test-console."""

import re
import subprocess
import sys
import time
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, sync_playwright

programs, chromium, folder, screenshots = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]
pipeline = folder / "pipeline.yaml"
passed = 0


def check(is_right, what):
    global passed
    if not is_right:
        sys.exit(f"test-console: {what}")
    passed += 1


def cardlink(*arguments):
    return subprocess.run([programs / "cardlink", *arguments], check=True, capture_output=True, text=True).stdout


class Server:
    """The console, and the links that it prints."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [programs / "cardlink", "console", pipeline, "--port", "0", *arguments], stdout=subprocess.PIPE, text=True)
        self.link = self.process.stdout.readline().strip()
        self.base = self.link.split("/sign-in")[0]

    def sign_in(self, page):
        page.goto(self.link)
        self.link = self.process.stdout.readline().strip()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def until(page, condition, seconds=20):
    """Asks again and again; the page's policy forbids Playwright's wait_for_function, which evaluates a text in the page."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if page.evaluate(condition):
                return
        except Error:
            pass  # the page was replaced meanwhile
        time.sleep(0.05)
    sys.exit(f"test-console: not within {seconds} s: {condition}")


def look(page, name):
    """No fault that axe finds, nothing wider than the window, no error on the console."""
    faults = Axe().run(page).response["violations"]
    check(not faults, f"{name}: {[(f['id'], f['nodes'][0]['html'][:160], f['nodes'][0].get('failureSummary', '')[:200]) for f in faults]}")
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    check(width[0] <= width[1], f"{name}: {width[0]} px wide in a window of {width[1]}")
    if screenshots:
        page.screenshot(path=f"{screenshots}/{name}.png", full_page=True)


def person_with(outcome):
    lines = cardlink("findings", pipeline, "--outcome", outcome, "--output", "csv").splitlines()
    return lines[1].split(",")[lines[0].split(",").index("personal_id")]


def screens(server, browser, name, size, scheme):
    context = browser.new_context(viewport=size, color_scheme=scheme, locale="vi-VN", bypass_csp=True)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    server.sign_in(page)
    root = page.url.rsplit("/", 1)[0]
    for language in ["vi", "en"]:
        if language == "en":
            page.get_by_role("button", name="English").click()
        check(page.evaluate("document.documentElement.lang") == language, f"the page is in {language}")
        def shot(screen):
            look(page, f"{screen}-{language}-{name}")
        for screen in ["tonight", "findings", "work", "person", "runs", "facilities", "audit", "card"]:
            page.goto(f"{root}/{screen}")
            shot(screen)
        page.goto(f"{root}/findings?outcome=disputed&reason=name")
        shot("findings-filtered")
        page.goto(f"{root}/findings?age=18-59&facility=0")
        shot("findings-facility")
        page.goto(f"{root}/facilities")
        page.locator(".packages a").first.click()
        page.wait_for_selector(".facts-list")
        shot("facility")
        page.goto(f"{root}/person")
        page.fill("[name=number]", disputed)
        page.press("[name=number]", "Enter")
        page.wait_for_selector(".rules")
        check(disputed not in page.url, "no number is in the address")
        shot("person-found")
        page.goto(f"{root}/tonight")
        page.locator(".acts form").first.locator("button").click()
        page.wait_for_selector("input[type=date]")
        shot("plan")
    check(not errors, f"scripts failed: {errors}")
    context.close()


def by_keyboard(server, browser):
    """Decides, undoes and skips with the keyboard alone; the keys can be switched off."""
    context = browser.new_context()
    page = context.new_page()
    server.sign_in(page)
    root = page.url.rsplit("/", 1)[0]
    page.goto(f"{root}/work?outcome=disputed")
    first = page.locator("[name=row]").input_value()
    page.keyboard.press("s")
    until(page, f"document.querySelector('[name=row]').value != '{first}'")
    second = page.locator("[name=row]").input_value()
    page.keyboard.press("r")
    page.wait_for_selector(".notice [data-key=u]")
    check(page.locator("[name=row]").input_value() not in (first, second), "the next record follows a decision")
    check("reject" in cardlink("decisions", pipeline, "--output", "csv"), "the decision is in the book")
    page.keyboard.press("u")
    until(page, "document.querySelector('.notice') && !document.querySelector('.notice [data-key=u]')")
    check("revoked" in cardlink("decisions", pipeline, "--output", "csv"), "the decision was undone")
    # Off, for those who speak to their computer or type beside the keys.
    page.locator("#keys").focus()
    page.keyboard.press("Space")
    page.goto(f"{root}/work?outcome=disputed")
    row = page.locator("[name=row]").input_value()
    page.keyboard.press("a")
    page.wait_for_timeout(400)
    check(page.locator("[name=row]").input_value() == row, "a key that is switched off does nothing")
    # All buttons are reached and pressed without a pointer.
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "accept":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice")
    check("accept" in cardlink("decisions", pipeline, "--output", "csv"), "accepted by keyboard")
    context.close()


def watched(server, browser):
    """Starts a run from its plan and sees it end without loading the page."""
    context = browser.new_context()
    page = context.new_page()
    server.sign_in(page)
    root = page.url.rsplit("/", 1)[0]
    page.locator(".acts form").nth(1).get_by_role("button").first.click()
    page.wait_for_selector("table.rows")
    watching = context.new_page()
    watching.goto(f"{root}/tonight")
    check("1" in watching.locator(".facts").inner_text(), "run 1 is shown")
    page.locator("main button.main").click()
    page.wait_for_selector("h1:has-text('Lệnh đã xong')", timeout=60000)
    until(watching, "document.querySelector('.facts').innerText.includes('2')")
    check("console: " in cardlink("audit", "show", pipeline, "--event", "run_began"), "the audit log names who started it")
    # A rollback compares first and takes a reason and a second step.
    page.goto(f"{root}/tonight")
    page.locator("select[name=run]").locator("xpath=ancestor::form").get_by_role("button").click()
    page.wait_for_selector("[name=because]", timeout=60000)
    page.fill("[name=because]", "thử")
    page.check("[name=sure]")
    page.locator("main button.main").click()
    page.wait_for_selector("h1:has-text('Lệnh đã xong')", timeout=60000)
    check("rolled_back" in cardlink("audit", "show", pipeline), "the store was rolled back")
    context.close()


def signed_out(browser):
    """Ends an idle session with a warning that can be answered."""
    server = Server("--idle", "1")
    context = browser.new_context()
    page = context.new_page()
    server.sign_in(page)
    check(page.locator("#idle").is_visible() is False, "no warning at first")
    page.wait_for_selector("#idle[open]", timeout=45000)
    page.locator("#idle-stay").click()
    until(page, "!document.getElementById('idle').open")
    context.clear_cookies()
    page.reload()
    check(page.locator("nav").count() == 0, "without the cookie nothing is shown")
    server.stop()


def without_script(server, browser):
    """Works without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    server.sign_in(page)
    root = page.url.rsplit("/", 1)[0]
    page.goto(f"{root}/work")
    row = page.locator("[name=row]").get_attribute("value")
    page.locator("[data-key=s]").click()
    check(page.locator("[name=row]").get_attribute("value") != row, "skips without a script")
    context.close()


def held(server, browser):
    """A run that a gate holds shows its findings before it is released, labelled, on a phone and on a desk."""
    (export,) = folder.glob("insurance-*.csv")
    whole = export.read_bytes()
    export.write_bytes(b"\n".join(whole.split(b"\n")[::2]) + b"\n")
    run = subprocess.run([programs / "cardlink", "run", pipeline, "--as-of", "2026-11-25"], capture_output=True)
    check(run.returncode == 65, "the run is held")
    export.write_bytes(whole)
    for width, scheme in [(390, "dark"), (1440, "light")]:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
        page = context.new_page()
        server.sign_in(page)
        page.locator(".causes a").first.click()
        page.wait_for_selector(".found")
        check("Chưa có hiệu lực" in page.locator("main").inner_text(), "what is held is labelled")
        look(page, f"findings-held-{width}")
        context.close()


cardlink("generate", folder, "--people", "3000", "--seed", "5")
cardlink("run", pipeline, "--as-of", "2026-11-23")
disputed = person_with("disputed")
server = Server("--user", "nguyen.b")
with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    try:
        screens(server, browser, "390", {"width": 390, "height": 844}, "light")
        screens(server, browser, "1440", {"width": 1440, "height": 900}, "dark")
        by_keyboard(server, browser)
        without_script(server, browser)
        watched(server, browser)
        held(server, browser)
        signed_out(browser)
    finally:
        browser.close()
        server.stop()
print(f"{passed} passed, 0 failed")
