"""What counts as personal data, by kind, and the placeholder that stands for each."""

from typing import Literal, get_args

Kind = Literal[
    "url",
    "email",
    "handle",
    "phone",
    "national_id",
    "card",
    "sheba",
    "account",
    "document",
    "record_number",
    "insurance_number",
    "council_number",
    "postal_code",
    "address",
    "doctor_name",
    "person_name",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

PLACEHOLDERS: dict[str, str] = {
    "url": "[نشانی وب]",
    "email": "[ایمیل]",
    "handle": "[شناسه کاربری]",
    "phone": "[شماره تلفن]",
    "national_id": "[کد ملی]",
    "card": "[شماره کارت]",
    "sheba": "[شماره شبا]",
    "account": "[شماره حساب]",
    "document": "[شماره مدرک]",
    "record_number": "[شماره پرونده]",
    "insurance_number": "[شماره بیمه]",
    "council_number": "[شماره نظام پزشکی]",
    "postal_code": "[کد پستی]",
    "address": "[نشانی]",
    "doctor_name": "[نام پزشک]",
    "person_name": "[نام]",
}

NAMES: tuple[Kind, ...] = ("doctor_name", "person_name")
STRUCTURED: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind not in (*NAMES, "address"))
"""The kinds that a form or a word beside them gives away; names and addresses are a matter of judgement."""
