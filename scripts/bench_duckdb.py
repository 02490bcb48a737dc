"""The nightly job of cardlink, extract to load, as the best SQL for DuckDB that we could write; see scripts/bench-duckdb.

Usage: bench_duckdb.py EXPORTS-FOLDER STORE-FILE THREADS BUSINESS-DATE

Both exports are those of `cardlink generate --format csv`. What the SQL does: reads the columns that the job needs, checks
them by the rules of the contract, folds names, reads dates and sexes, finds repeated and disagreeing population records,
leads 9-digit numbers to persons, gives every record its outcome, holds back shared insurance numbers, picks the card
that serves on the business date, and writes persons, other cards, findings and the ledger, persons ascending by number and
without an index, into a DuckDB file, numbers as integers. A DuckDB file is the fastest store it has: no other program's
format is converted to.

What it leaves out, all of it in DuckDB's favour: reasons and notes beyond the outcome, candidates for records without a
person, lineage (the line of a record), quarantined originals, tone order and look-alike letters beyond those below,
mojibake, group lists, lists of cards in one record, digests of the exports, a crash between stages, a bound on memory.
"""

import resource
import sys
import time

import duckdb

folder, store, threads, as_of = sys.argv[1:5]
db = duckdb.connect(store, config={"threads": int(threads), "preserve_insertion_order": "false"})
timings = []


def step(name, *statements):
    start = time.perf_counter()
    for sql in statements:
        db.execute(sql)
    timings.append((name, time.perf_counter() - start))


def read(kind):
    # A line with too few fields or bytes that are no UTF-8 is set aside by the reader: it is quarantined.
    return f"""read_csv('{folder}/{kind}-*.csv', header=true, all_varchar=true, delim=',', quote='"', escape='"',
      nullstr=['', '-', 'NULL'], ignore_errors=true, store_rejects=true, rejects_table='{kind}_rejects',
      rejects_scan='{kind}_scan', rejects_limit=0, null_padding=false)"""


# White space to one blank, apostrophes to one kind, look-alikes of Đ, NFC: only in names that need it, for nfc_normalize
# takes longer than all else; then upper case.
EXACT = r"""
  upper(CASE WHEN regexp_matches({0}, '  |[\x{{a0}}\x{{300}}-\x{{36f}}\n\t’ʼ‘ÐƉðɖ]')
    THEN nfc_normalize(trim(regexp_replace(translate({0}, '’ʼ‘ÐƉðɖ', '''''''ĐĐđđ'), '[\s\x{{a0}}]+', ' ', 'g')))
    ELSE {0} END)"""
BARE = "replace(strip_accents({0}), 'Đ', 'D')"
# A number of exactly so many digits; anything else is NULL.
DIGITS = "CASE WHEN length({0}) = {1} THEN try_cast({0} AS UBIGINT) END"
# dd/MM/yyyy, MM/yyyy or yyyy: the day, and how exactly it is known (its text's length).
DATE = "try_strptime({0}, ['%d/%m/%Y', '%m/%Y', '%Y'])::DATE"
NAME_IS_WRONG = r"({0} IS NULL OR length({0}) > 255 OR regexp_matches({0}, '[0-9]') OR NOT regexp_matches({0}, '\pL'))"
BIRTH_IS_WRONG = f"(birth IS NULL OR birth > DATE '{as_of}' OR birth < DATE '1900-01-01')"

start = time.perf_counter()
step(
    "read population",
    f"""
  CREATE TEMP TABLE population AS
  SELECT * EXCLUDE (code, text),
    text IS NULL OR {NAME_IS_WRONG.format('text')} OR id IS NULL OR {BIRTH_IS_WRONG} OR sex = 9 OR status IS NULL AS held
  FROM (
    SELECT {DIGITS.format('SoDinhDanh', 12)} AS id, {DIGITS.format('SoCMND', 9)} AS legacy, HoVaTen AS text,
      {EXACT.format('HoVaTen')} AS name, {DATE.format('NgaySinh')} AS birth, length(NgaySinh)::UTINYINT AS precision,
      CASE GioiTinh WHEN 'Nam' THEN 1 WHEN 'Nữ' THEN 2 ELSE CASE WHEN GioiTinh IS NULL THEN 0 ELSE 9 END END::UTINYINT AS sex,
      TrangThai AS code,
      CASE TrangThai WHEN '1' THEN 1 WHEN '2' THEN 2 WHEN '3' THEN 3 WHEN '4' THEN 4 WHEN '5' THEN 5
        ELSE CASE WHEN TrangThai IS NULL THEN 0 END END::UTINYINT AS status
    FROM {read('population')})""",
)
step(
    "read insurance",
    f"""
  CREATE TEMP TABLE insurance AS
  SELECT * EXCLUDE (text, number_text, card_text, to_text),
    {NAME_IS_WRONG.format('text')} OR {BIRTH_IS_WRONG} OR sex = 9 OR number IS NULL
      OR number_text IS NOT NULL AND NOT (length(number_text) IN (10, 12) AND try_cast(number_text AS UBIGINT) IS NOT NULL)
      OR card_text IS NOT NULL AND card IS NULL
      OR valid_from IS NULL OR to_text IS NOT NULL AND (valid_to IS NULL OR valid_to < valid_from) AS held
  FROM (
    SELECT MaSoBHXH AS number_text, MaTheBHYT AS card_text, GtTheDen AS to_text, HoTen AS text,
      coalesce(CASE WHEN length(MaSoBHXH) IN (10, 12) AND try_cast(MaSoBHXH AS UBIGINT) IS NOT NULL THEN MaSoBHXH END,
        CASE WHEN length(MaTheBHYT) IN (15, 17) THEN substr(MaTheBHYT, 6) END) AS number,
      CASE WHEN length(MaTheBHYT) IN (15, 17) AND substr(MaTheBHYT, 3, 1) BETWEEN '1' AND '5'
        AND try_cast(substr(MaTheBHYT, 4) AS UBIGINT) IS NOT NULL THEN MaTheBHYT END AS card,
      CASE WHEN SoCCCD IS NULL OR SoCCCD IN ('000000000', '999999999999', '000000000000')
        THEN coalesce({DIGITS.format('MaSoBHXH', 12)},
          CASE WHEN length(MaTheBHYT) = 17 THEN {DIGITS.format('substr(MaTheBHYT, 6)', 12)} END)
        ELSE {DIGITS.format('SoCCCD', 12)} END AS id,
      {DIGITS.format('SoCCCD', 9)} AS legacy, SoCCCD AS id_text,
      {EXACT.format('HoTen')} AS name, {DATE.format('NgaySinh')} AS birth, length(NgaySinh)::UTINYINT AS precision,
      CASE GioiTinh WHEN '1' THEN 1 WHEN '2' THEN 2 ELSE CASE WHEN GioiTinh IS NULL THEN 0 ELSE 9 END END::UTINYINT AS sex,
      MaDKBD AS facility, {DATE.format('GtTheTu')} AS valid_from, {DATE.format('GtTheDen')} AS valid_to,
      {DATE.format('NgayDu5Nam')} AS five_years, MaKV AS area
    FROM {read('insurance')})""",
)
step(
    "population by number",
    # Numbers with several records: equal ones are one person, others are nobody.
    """
  CREATE TEMP TABLE several AS SELECT id FROM population WHERE NOT held GROUP BY id HAVING count(*) > 1""",
    """
  CREATE TEMP TABLE several_person AS
  SELECT id, count(*) AS records, min(name) AS name, min(birth) AS birth, min(precision) AS precision, min(sex) AS sex,
    min(status) AS status,
    min(name) <> max(name) OR min(birth) <> max(birth) OR min(precision) <> max(precision) OR min(sex) <> max(sex)
      OR min(status) <> max(status) AS disagrees
  FROM population WHERE NOT held AND id IN (FROM several) GROUP BY id""",
    """
  CREATE TEMP TABLE resolved AS
  SELECT legacy, CASE WHEN min(id) = max(id) THEN min(id) END AS id FROM population
  WHERE NOT held AND legacy IN (SELECT legacy FROM insurance WHERE NOT held AND legacy IS NOT NULL) GROUP BY legacy""",
)
step(
    "judge",
    f"""
  CREATE TEMP TABLE judged AS
  WITH person AS (
    SELECT id, name, birth, precision, sex, status, false AS disagrees FROM population
    WHERE NOT held AND id NOT IN (FROM several)
    UNION ALL SELECT id, name, birth, precision, sex, status, disagrees FROM several_person),
  sought AS (
    SELECT i.* REPLACE (coalesce(i.id, r.id) AS id) FROM insurance i LEFT JOIN resolved r ON i.legacy = r.legacy
    WHERE NOT i.held)
  SELECT s.id, s.number, s.card, s.facility, s.valid_from, s.valid_to, s.five_years, s.area, s.legacy, s.id_text,
    p.name, p.birth, p.precision, p.sex,
    CASE
      WHEN s.id IS NULL AND (s.id_text IS NULL OR s.id_text IN ('000000000', '999999999999', '000000000000'))
        THEN 'id_missing'
      WHEN s.id IS NULL AND s.legacy IS NULL THEN 'id_invalid'
      WHEN p.id IS NULL THEN 'person_unknown'
      WHEN p.disagrees THEN 'person_duplicated'
      WHEN p.status <> 1 THEN 'person_inactive'
      WHEN p.sex <> s.sex AND p.sex <> 0 AND s.sex <> 0 THEN 'disputed'
      WHEN CASE WHEN p.birth = s.birth AND p.precision = s.precision THEN false
        WHEN least(p.precision, s.precision) = 10 THEN p.birth <> s.birth
        WHEN least(p.precision, s.precision) = 7 THEN date_trunc('month', p.birth) <> date_trunc('month', s.birth)
        ELSE year(p.birth) <> year(s.birth) END THEN 'disputed'
      WHEN CASE WHEN p.name = s.name THEN false ELSE {BARE.format('p.name')} <> {BARE.format('s.name')} END THEN 'disputed'
      ELSE 'linked' END AS outcome
  FROM sought s LEFT JOIN person p ON s.id = p.id""",
)
step(
    "shared numbers, persons with several cards",
    """
  CREATE TEMP TABLE shared AS
  SELECT number FROM judged WHERE outcome = 'linked' GROUP BY number HAVING min(id) <> max(id)""",
    """
  CREATE TEMP TABLE multiple AS
  SELECT id FROM judged WHERE outcome = 'linked' AND number NOT IN (FROM shared) GROUP BY id HAVING count(*) > 1""",
    f"""
  CREATE TEMP TABLE serving AS
  SELECT id, max(struct_pack(
    valid := valid_from <= DATE '{as_of}' AND coalesce(valid_to, DATE '9999-12-31') >= DATE '{as_of}',
    valid_to := coalesce(valid_to, DATE '9999-12-31'), valid_from := valid_from, card := coalesce(card, ''), number := number)) AS best
  FROM judged WHERE outcome = 'linked' AND number NOT IN (FROM shared) AND id IN (FROM multiple) GROUP BY id""",
)
CARD = """number AS insurance_number, card AS card_number, facility AS facility_code, {0} AS valid_from, {1} AS valid_to,
  {2} AS five_years_from, area AS area_code, CASE WHEN legacy IS NULL THEN 'personal_id' ELSE 'legacy_id' END AS rule"""
CARD = CARD.format("valid_from", "valid_to", "five_years")
LINKED = "outcome = 'linked' AND number NOT IN (FROM shared)"
BEST = """valid_from = best.valid_from AND coalesce(valid_to, DATE '9999-12-31') = best.valid_to
  AND coalesce(card, '') = best.card AND number = best.number"""
# Sorted means sorted on disk; and not compressed, which costs a fifth of this step and is not what a store is for.
db.execute("SET preserve_insertion_order = true; PRAGMA force_compression = 'uncompressed'")
step(
    "store",
    f"""
  CREATE TABLE card_attribute AS
  SELECT id AS personal_id, name AS full_name, birth AS birth_date, precision, sex, {CARD}
  FROM (
    SELECT * FROM judged WHERE {LINKED} AND id NOT IN (FROM multiple)
    UNION ALL
    SELECT judged.* FROM judged JOIN serving USING (id) WHERE {LINKED} AND {BEST})
  ORDER BY id""",
    f"""
  CREATE TABLE other_card AS
  SELECT id AS personal_id, {CARD}
  FROM judged JOIN serving USING (id) WHERE {LINKED} AND NOT ({BEST}) ORDER BY id""",
    """
  CREATE TABLE finding AS
  SELECT 'insurance' AS export, CASE WHEN outcome = 'linked' THEN 'number_shared' ELSE outcome END AS outcome,
    id_text AS personal_id, number AS insurance_number, card AS card_number
  FROM judged WHERE outcome <> 'linked' OR number IN (FROM shared)
  UNION ALL SELECT 'insurance', 'quarantined', id_text, number, card FROM insurance WHERE held
  UNION ALL SELECT 'insurance', 'quarantined', NULL, NULL, NULL FROM (SELECT DISTINCT line FROM insurance_rejects)
  UNION ALL SELECT 'population', 'quarantined', id::VARCHAR, NULL, NULL FROM population WHERE held
  UNION ALL SELECT 'population', 'quarantined', NULL, NULL, NULL FROM (SELECT DISTINCT line FROM population_rejects)
  UNION ALL SELECT 'population', 'person_duplicated', id::VARCHAR, NULL, NULL FROM population
    WHERE NOT held AND id IN (SELECT id FROM several_person WHERE disagrees)""",
    """
  CREATE TABLE ledger AS
  SELECT export, outcome, count(*) AS records FROM finding GROUP BY ALL
  UNION ALL SELECT 'insurance', 'linked', (SELECT count(*) FROM card_attribute) + (SELECT count(*) FROM other_card)
  UNION ALL SELECT 'population', 'repeated', coalesce(sum(records - 1), 0) FROM several_person WHERE NOT disagrees
  UNION ALL SELECT 'population', 'registered', (SELECT count(*) FROM population WHERE NOT held) - coalesce(sum(records), 0)
    + count(*) FILTER (NOT disagrees) FROM several_person""",
    "CHECKPOINT",
)
seconds = time.perf_counter() - start
for name, part in timings:
    print(f"# {name}: {part:.2f} s")
print(f"# peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
usage = resource.getrusage(resource.RUSAGE_SELF)
print(f"seconds,{seconds:.3f},{usage.ru_utime + usage.ru_stime:.3f}")
for row in db.execute("SELECT export, outcome, records FROM ledger WHERE records > 0 ORDER BY ALL").fetchall():
    print(",".join(map(str, row)))
