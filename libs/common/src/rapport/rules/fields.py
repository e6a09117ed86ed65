"""The field catalogue of the customer document (`rapport.contracts.profile.CustomerUpserted`).

Attributes are free: those listed are the ones that banks and telecoms commonly bring; a deployment adds its own with
`CUSTOMER.with_attributes(...)`.
"""

from __future__ import annotations

from typing import Final

from rapport.contracts.vocabulary import Channel
from rapport.rules.catalogue import Catalogue, Choice, Field, FieldType

_CHANNEL_LABELS: dict[Channel, tuple[str, str]] = {
    Channel.CALL: ("outbound call", "外呼"),
    Channel.BRANCH: ("branch", "营业厅"),
    Channel.HOTLINE: ("hotline", "客服热线"),
    Channel.WEB: ("web", "网上商城"),
    Channel.SMS: ("SMS", "短信"),
    Channel.EMAIL: ("e-mail", "电子邮件"),
}

_GRADES = (
    Choice("general", "general", "一般客户"),
    Choice("important", "important", "重要客户"),
    Choice("key", "key account", "重点客户"),
)

_RECORD = (
    Field("customer_id", FieldType.STRING, "customer id", "客户编号"),
    Field("grade", FieldType.STRING, "grade", "客户等级", values=_GRADES),
    Field("language", FieldType.STRING, "language", "语言"),
    Field("country", FieldType.STRING, "country", "国家"),
    Field("region", FieldType.STRING, "region", "地区"),
    Field(
        "preferred_channel",
        FieldType.STRING,
        "preferred channel",
        "偏好渠道",
        values=tuple(Choice(str(channel), *labels) for channel, labels in _CHANNEL_LABELS.items()),
    ),
    Field("birth_date", FieldType.DATE, "birth date", "出生日期"),
    Field("tags", FieldType.SET, "tags", "标签"),
    Field("products", FieldType.SET, "products held", "已购产品", path=("holdings",), item="product"),
    Field("contract_end", FieldType.DATE, "contract end", "合同到期日", path=("holdings",), item="contract_end"),
)


def _attribute(name: str, kind: FieldType, label_en: str, label_zh: str) -> Field:
    return Field(f"attributes.{name}", kind, label_en, label_zh)


_ATTRIBUTES = (
    _attribute("age", FieldType.NUMBER, "age", "年龄"),
    _attribute("job", FieldType.STRING, "occupation", "职业"),
    _attribute("marital", FieldType.STRING, "marital status", "婚姻状况"),
    _attribute("education", FieldType.STRING, "education", "教育程度"),
    _attribute("housing", FieldType.STRING, "housing loan", "住房贷款"),
    _attribute("loan", FieldType.STRING, "personal loan", "个人贷款"),
    _attribute("default", FieldType.STRING, "credit in default", "信用违约"),
    _attribute("balance", FieldType.NUMBER, "balance", "账户余额"),
    _attribute("tenure_months", FieldType.NUMBER, "tenure in months", "在网月数"),
    _attribute("arpu", FieldType.NUMBER, "revenue per month (ARPU)", "月均收入（ARPU）"),
    _attribute("monthly_charges", FieldType.NUMBER, "monthly charges", "月费"),
    _attribute("data_gb", FieldType.NUMBER, "data used per month in GB", "月流量（GB）"),
    _attribute("device_age_months", FieldType.NUMBER, "age of the device in months", "终端使用月数"),
    _attribute("contract", FieldType.STRING, "contract type", "合约类型"),
    _attribute("internet_service", FieldType.STRING, "internet service", "宽带类型"),
    _attribute("payment_method", FieldType.STRING, "payment method", "支付方式"),
    _attribute("paperless_billing", FieldType.BOOLEAN, "paperless billing", "电子账单"),
    _attribute("senior", FieldType.BOOLEAN, "senior citizen", "老年客户"),
    _attribute("churn_risk", FieldType.NUMBER, "churn risk", "流失风险"),
)

CUSTOMER: Final = Catalogue((*_RECORD, *_ATTRIBUTES))
