"""A small catalogue, declared as a data owner would."""

import tomllib

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.declaration import parse_catalogue

DECLARED = """
[units]
vehicles = { dimension = "vehicles" }
"10k vehicles" = { dimension = "vehicles", factor = 10_000 }
GWh = { dimension = "energy" }
MW = { dimension = "power" }
"%" = { dimension = "growth" }

[sources.nbs]
name = "Bureau"
name_zh = "统计局"
url = "https://bureau.example"
zone = "Asia/Shanghai"
release_lag_days = 16
publishes = ["month", "ytd", "jan-feb"]
licence = "public"

[sources.club]
name = "Club"
name_zh = "协会"
url = "https://club.example"
zone = "Asia/Shanghai"
release_lag_days = 11
publishes = ["month", "ytd"]
licence = "public"

[sectors.ev]
name = "Electric vehicles"
name_zh = "新能源汽车"
[sectors.battery]
name = "Batteries"
name_zh = "电池"
[sectors.solar]
name = "Solar"
name_zh = "光伏"

[measures.ev.production]
name = "Vehicle output"
name_zh = "产量"
unit = "vehicles"
kind = "flow"
missing_month = "unknown"
[measures.battery.production]
name = "Battery output"
name_zh = "产量"
unit = "GWh"
kind = "flow"
missing_month = "unknown"
[measures.battery.capacity]
name = "Battery capacity"
name_zh = "产能"
unit = "GWh"
kind = "stock"
missing_month = "unknown"
[measures.solar.exports]
name = "Solar exports"
name_zh = "出口"
unit = "MW"
kind = "flow"
missing_month = "no-trade"

[segments.battery]
lfp = ["LFP", "磷酸铁锂"]
rest = ["others", "其他"]
[segments.solar]
panels = ["panels", "组件"]

[regions]
CN = ["China", "中国"]
World = ["World", "世界"]
DE = ["Germany", "德国"]
FR = ["France", "法国"]

[[series]]
measure = "ev.production"
regions = ["CN"]
segments = [""]
sources = ["nbs", "club"]
[[series]]
measure = "battery.production"
regions = ["CN"]
segments = ["", "lfp"]
sources = ["club"]
[[series]]
measure = "battery.production"
regions = ["CN"]
segments = ["rest"]
sources = ["club"]
derived = "remainder"
[[series]]
measure = "battery.capacity"
regions = ["CN"]
segments = [""]
sources = ["club"]
[[series]]
measure = "solar.exports"
regions = ["DE", "FR"]
segments = ["panels"]
sources = ["club"]
[[series]]
measure = "solar.exports"
regions = ["World"]
segments = ["panels"]
sources = ["club"]
derived = "sum"

[[sums]]
measure = "battery.production"
by = "segment"
parts = ["lfp", "rest"]
within = ["CN"]
[[sums]]
measure = "solar.exports"
by = "region"
whole = "World"
parts = ["DE", "FR"]
within = ["panels"]
"""

LAYOUT = """
[[layouts]]
name = "bureau"
source = "nbs"
product = ["指标"]
month = ["当月"]
ytd = ["累计"]
value = ["绝对量"]
growth = ["同比增长(%)"]
[layouts.products]
"新能源汽车" = "ev.production.CN"
"""
"""How the bureau prints its tables; further TOML for the small catalogue."""


def catalogue(extra: str = "") -> Catalogue:
    """The small catalogue, with further TOML such as [[breaks]]."""
    return parse_catalogue(tomllib.loads(DECLARED + extra))
