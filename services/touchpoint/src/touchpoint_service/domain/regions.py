"""Which time zones each region of a country lies in: for the countries that need it, because their clocks differ.

The codes are those of ISO 3166-2 without the country. A region that stands under several zones lies in several: the
Navajo Nation in Arizona keeps summer time, the rest of Arizona does not. Zones whose clocks have long been the same are
named once. A country that is not here has either one time, or so few people outside its main zone that its regions are
not worth a table: then all its zones are plausible.
"""

from __future__ import annotations

from collections.abc import Mapping

OWN_COUNTRY: Mapping[str, str] = {
    "FR-971": "GP",
    "FR-972": "MQ",
    "FR-973": "GF",
    "FR-974": "RE",
    "FR-976": "YT",
    "FR-BL": "BL",
    "FR-MF": "MF",
    "FR-NC": "NC",
    "FR-PF": "PF",
    "FR-PM": "PM",
    "FR-TF": "TF",
    "FR-WF": "WF",
    "NL-AW": "AW",
    "NL-BQ1": "BQ",
    "NL-BQ2": "BQ",
    "NL-BQ3": "BQ",
    "NL-CW": "CW",
    "NL-SX": "SX",
    "US-AS": "AS",
    "US-GU": "GU",
    "US-MP": "MP",
    "US-PR": "PR",
    "US-UM": "UM",
    "US-VI": "VI",
}
"""Regions that also have a country code, under which the zone table lists them."""

REGIONS: Mapping[str, Mapping[str, str]] = {
    "AU": {
        "Australia/Sydney": "ACT NSW",
        "Australia/Broken_Hill": "NSW",
        "Australia/Lord_Howe": "NSW",
        "Australia/Melbourne": "VIC",
        "Australia/Hobart": "TAS",
        "Antarctica/Macquarie": "TAS",
        "Australia/Brisbane": "QLD",
        "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT",
        "Australia/Perth": "WA",
        "Australia/Eucla": "SA WA",
    },
    "BR": {
        "America/Noronha": "PE",
        "America/Belem": "AP PA",
        "America/Santarem": "PA",
        "America/Fortaleza": "CE MA PB PI RN",
        "America/Recife": "PE",
        "America/Araguaina": "TO",
        "America/Maceio": "AL SE",
        "America/Bahia": "BA",
        "America/Sao_Paulo": "DF ES GO MG PR RJ RS SC SP",
        "America/Campo_Grande": "MS",
        "America/Cuiaba": "MT",
        "America/Porto_Velho": "RO",
        "America/Boa_Vista": "RR",
        "America/Manaus": "AM",
        "America/Eirunepe": "AM",
        "America/Rio_Branco": "AC",
    },
    "CA": {
        "America/St_Johns": "NL",
        "America/Goose_Bay": "NL",
        "America/Halifax": "NS PE QC",
        "America/Moncton": "NB",
        "America/Blanc-Sablon": "QC",
        "America/Toronto": "ON QC",
        "America/Iqaluit": "NU",
        "America/Atikokan": "NU ON",
        "America/Winnipeg": "MB ON",
        "America/Resolute": "NU",
        "America/Rankin_Inlet": "NU",
        "America/Regina": "SK",
        "America/Swift_Current": "SK",
        "America/Edmonton": "AB BC NT SK",
        "America/Cambridge_Bay": "NU",
        "America/Inuvik": "NT",
        "America/Vancouver": "BC",
        "America/Creston": "BC",
        "America/Dawson_Creek": "BC",
        "America/Fort_Nelson": "BC",
        "America/Whitehorse": "YT",
        "America/Dawson": "YT",
    },
    "CD": {
        "Africa/Kinshasa": "BC EQ KG KL KN MN MO NU SU TU",
        "Africa/Lubumbashi": "BU HK HL HU IT KC KE KS LO LU MA NK SA SK TA TO",
    },
    "CL": {
        "America/Santiago": "AN AP AR AT BI CO LI LL LR ML NB RM TA VS",
        "America/Coyhaique": "AI",
        "America/Punta_Arenas": "MA",
        "Pacific/Easter": "VS",
    },
    "CN": {
        "Asia/Shanghai": (
            "AH BJ CQ FJ GD GS GX GZ HA HB HE HI HK HL HN JL JS JX LN MO NM NX QH SC SD SH SN SX TJ TW XJ XZ YN ZJ"
        ),
        "Asia/Urumqi": "XJ",
    },
    "EC": {
        "America/Guayaquil": "A B C D E F G H I L M N O P R S SD SE T U X Y Z",
        "Pacific/Galapagos": "W",
    },
    "ES": {
        "Europe/Madrid": (
            "A AB AL AN AR AS AV B BA BI BU C CA CB CC CL CM CO CR CS CT CU EX GA GI GR GU H HU IB J L LE LO "
            "LU M MA MC MD MU NA NC O OR P PM PO PV RI S SA SE SG SO SS T TE TO V VA VC VI Z ZA"
        ),
        "Africa/Ceuta": "CE ML",
        "Atlantic/Canary": "CN GC TF",
    },
    "ID": {
        "Asia/Jakarta": "AC BB BE BT JA JB JI JK JT JW KR LA RI SB SM SS SU YO",
        "Asia/Pontianak": "KA KB KT",
        "Asia/Makassar": "BA GO KA KI KS KU NB NT NU SA SG SL SN SR ST",
        "Asia/Jayapura": "MA ML MU PA PB PD PE PP PS PT",
    },
    "MN": {
        "Asia/Ulaanbaatar": "035 037 039 041 047 049 051 053 055 057 059 061 063 064 065 067 069 073 1",
        "Asia/Hovd": "043 046 071",
    },
    "MX": {
        "America/Mexico_City": "AGU CHP CMX COL GRO GUA HID JAL MEX MIC MOR OAX PUE QUE SLP TAB TLA VER ZAC",
        "America/Cancun": "ROO",
        "America/Merida": "CAM YUC",
        "America/Monterrey": "COA DUR NLE TAM",
        "America/Matamoros": "COA NLE TAM",
        "America/Chihuahua": "CHH",
        "America/Ciudad_Juarez": "CHH",
        "America/Ojinaga": "CHH",
        "America/Mazatlan": "BCS NAY SIN",
        "America/Bahia_Banderas": "NAY",
        "America/Hermosillo": "SON",
        "America/Tijuana": "BCN",
    },
    "NZ": {
        "Pacific/Auckland": "AUK BOP CAN GIS HKB MBH MWT NSN NTL OTA STL TAS TKI WGN WKO WTC",
        "Pacific/Chatham": "CIT",
    },
    "PG": {
        "Pacific/Port_Moresby": "CPK CPM EBR EHG EPW ESW GPK HLA JWK MBA MPL MPM MRL NCD NIK NPP SAN SHM WBK WHM WPD",
        "Pacific/Bougainville": "NSB",
    },
    "PT": {
        "Europe/Lisbon": "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18",
        "Atlantic/Madeira": "30",
        "Atlantic/Azores": "20",
    },
    "RU": {
        "Europe/Kaliningrad": "KGD",
        "Europe/Moscow": (
            "AD ARK BEL BRY CE CU DA IN IVA KB KC KDA KL KLU KO KOS KR KRS LEN LIP ME MO MOS MOW MUR NEN NGR "
            "NIZ ORL PNZ PSK ROS RYA SE SMO SPE STA TA TAM TUL TVE VLA VLG VOR YAR"
        ),
        "Europe/Kirov": "KIR",
        "Europe/Volgograd": "VGG",
        "Europe/Astrakhan": "AST",
        "Europe/Saratov": "SAR",
        "Europe/Ulyanovsk": "ULY",
        "Europe/Samara": "SAM UD",
        "Asia/Yekaterinburg": "BA CHE KGN KHM ORE PER SVE TYU YAN",
        "Asia/Omsk": "OMS",
        "Asia/Novosibirsk": "NVS",
        "Asia/Barnaul": "AL ALT",
        "Asia/Tomsk": "TOM",
        "Asia/Novokuznetsk": "KEM",
        "Asia/Krasnoyarsk": "KK KYA TY",
        "Asia/Irkutsk": "BU IRK",
        "Asia/Chita": "ZAB",
        "Asia/Yakutsk": "AMU SA",
        "Asia/Khandyga": "SA",
        "Asia/Vladivostok": "KHA PRI SA YEV",
        "Asia/Ust-Nera": "SA",
        "Asia/Magadan": "MAG",
        "Asia/Sakhalin": "SAK",
        "Asia/Srednekolymsk": "SA SAK",
        "Asia/Kamchatka": "KAM",
        "Asia/Anadyr": "CHU",
    },
    "UA": {
        "Europe/Kyiv": "05 07 09 12 14 18 21 23 26 30 32 35 40 43 46 48 51 53 56 59 61 63 65 68 71 74 77",
        "Europe/Simferopol": "09 14 23 40 43 65",
    },
    "US": {
        "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC TN VA VT WV",
        "America/Chicago": "AL AR FL IA IL IN KS KY LA MI MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "AZ CO ID KS MT ND NE NM NV OR SD TX UT WY",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA ID NV OR WA",
        "America/Anchorage": "AK",
        "America/Adak": "AK",
        "Pacific/Honolulu": "HI",
    },
}
"""Country, zone, and the regions (or parts of regions) in that zone."""
