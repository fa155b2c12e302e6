"""The sites, one file each, the smaller magazines in one; `SITES` lists them in the order they are told of."""

from infra.replica.sites.doctor_yab import DoctorYab
from infra.replica.sites.drhast import Drhast
from infra.replica.sites.hidoctor import Hidoctor
from infra.replica.sites.isovisit import Isovisit
from infra.replica.sites.magazines import MAGAZINES
from infra.replica.sites.niniban import Niniban

SITES = (Hidoctor, Niniban, Drhast, DoctorYab, Isovisit, *MAGAZINES)
