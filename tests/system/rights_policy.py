"""The corpus' rights policy (tests/corpus/policy.md) as a configuration, for the tests of
rights and partners."""

RULES = """
rights:
  - name: agency
    match: {source: ['*通讯社'], dateline: ['*通讯社']}
    public: none
  - name: open
    match: {path: ['*xml/atom-entry-rail.xml']}
    public: full
    partners: {'*': full}
  - name: gov
    match: {source: ['*局', '*台', '*中心'], channel: [政务公开, 通知公告]}
    public: full
    partners: {'*': full}
  - name: own
    match:
      source: [青岑日报, 青岑新闻网, 青岑日报社, Qingcen News]
      dateline: [青岑新闻网, 本报]
    text: © 青岑日报社 未经许可不得转载
    license: https://news.example/reprint
    public: summary
    partners: {county: full, portal: summary}
  - name: default
    public: summary
    partners: {county: summary}
"""

PARTNERS = """
partners:
  - {name: county, token_file: '%(room)s/county.token', callback_hosts: [127.0.0.1],
     require: [secret]}
  - {name: portal, token_file: '%(room)s/portal.token', callback_hosts: [127.0.0.1],
     require: [], embargo_access: true}
"""

# Without partners.
PUBLIC_RULES = "".join(line for line in RULES.splitlines(True) if "partners:" not in line)
