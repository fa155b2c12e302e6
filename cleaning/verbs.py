"""Verb forms as they stand after می: present, past and colloquial."""

_PRESENT = """
آ آور آموز آفرین افت افزا انجام انداز اندیش انگیز ایست باز باش بار بخش بر بند بین پذیر پرداز پرس پر پز پسند
پندار پوش پوشان پیچ تاب تابان ترس ترسان ترک تراش تپ توان جنگ جو جوش چر چرخ چرخان چسب چسبان چش چک چین خار خاران
خر خز خشک خند خندان خواب خوابان خواه خوان خور دار دان دزد ده دو دوز دوش ذار رسان رس رقص رنج رو ریز زا زن ساز
سپار سنج سوز سوزان شکن شمار شناس شنو شو شوی شوران طلب فرست فرما فروش فشار فهم فهمان کار کاه کش کشان کن کوب کوش
گذار گذر گذران گرد گردان گرا گزین گمار گنج گو گوی گیر لرز لرزان لنگ مال مان مک میر نال نام نشین نگر نما نواز نوش
نویس یاب یاور بلع رویان پاش بوس خراش جه
""".split()  # noqa: SIM905 - a list of a hundred words reads as text
_PAST = """
آمد آورد آموخت آفرید افتاد افزود انجامید انداخت انگیخت ایستاد باخت بارید بایست بخشید برد بست بود دید پذیرفت
پرداخت پرسید پرید پخت پسندید پنداشت پوشید پوشاند پیچید تابید ترسید ترساند ترکید تراشید تپید توانست جنگید جوشید
چرخید چرخاند چسبید چسباند چشید چکید چید خارید خاراند خرید خزید خندید خوابید خواباند خواست خواند خورد داشت دانست
دزدید داد دوید دوخت دوشید رسید رساند رفت رقصید ریخت زایید زد ساخت سپرد سنجید سوخت سوزاند شکست شمرد شناخت شنید شد
شست طلبید فرستاد فرمود فروخت فشرد فهمید کاست کاشت کشید کشت کرد کوبید کوشید گذاشت گذشت گذراند گشت گرداند گفت گرفت
گنجید لرزید لرزاند لنگید مالید ماند مکید مرد نالید نامید نشست نگریست نمود نوشید نوشت یافت بلعید ذاشت پاشید بوسید
خراشید
""".split()  # noqa: SIM905 - a list of a hundred words reads as text
# Colloquial stems, which take the colloquial persons too: می‌خوام، می‌تونه، می‌شن.
_COLLOQUIAL = """
خوا تون دون مون خون رسون خوابون ترسون لرزون سوزون چرخون گذرون خارون پوشون کشون چسبون شین ش گ د ر زار خا
""".split()  # noqa: SIM905 - a list of words reads as text
_COLLOQUIAL_PAST = ("تونست", "دونست", "خاست", "اومد", "یومد", "رسوند", "خوابوند")
_PERSONS = ("م", "ی", "د", "یم", "ید", "ند", "ه", "ن", "ین")
_COLLOQUIAL_PERSONS = ("م", "ی", "ه", "یم", "ید", "ین", "ن")
_PAST_PERSONS = ("", "م", "ی", "یم", "ید", "ند", "ه", "ن", "ین")
_IRREGULAR = """
توان شود باید بایستی خواد خواین خواید خوان اد ام ای ایم این اید آیم آیی آید آییم آیید آیند آد ایند اره ارم ارن
ارید اریم آره آرم آرن یاره یارم یارن یاد یام یان یوفته یفته وفته افته گویم گویی گوید گوییم گویید گویند فرمایم
فرمایی فرماید فرماییم فرمایید فرمایند فرمایین نمایم نمایی نماید نماییم نمایید نمایند زاید زایند افزاید افزایند
گراید ندازم ندازه ندازن ندازید شینم شینه شینن
""".split()  # noqa: SIM905 - a list of words reads as text
_OBJECTS = ("ش", "شان", "شون", "مان", "مون", "تان", "تون")
_BEARING_OBJECTS = ("م", "ی", "یم", "ین", "ن", "ند", "د")

_BARE = (
    {stem + person for stem in _PRESENT for person in _PERSONS}
    | {stem + person for stem in _PAST for person in _PAST_PERSONS}
    | {stem + person for stem in _COLLOQUIAL for person in _COLLOQUIAL_PERSONS}
    | {stem + person for stem in _COLLOQUIAL_PAST for person in _PAST_PERSONS}
    | set(_IRREGULAR)
)
VERBS = frozenset(
    _BARE
    | {
        stem + person + thing
        for stem in _PRESENT + _PAST + _COLLOQUIAL
        if len(stem) > 1
        for person in _BEARING_OBJECTS
        for thing in _OBJECTS
    }
)
"""What stands after a می that is a prefix."""

_OTHER_WORDS = """
ان انی این ای آن دان دانی دانش را راند راندن رند ری رو روی زان زانش شی گون مون نا ترا دون
""".split()  # noqa: SIM905 - a list of words reads as text
ATTACHED = VERBS - frozenset(_OTHER_WORDS)
"""The forms that may stand unparted after می: میان, میدانی, میری are other words too."""

PARTICIPLES = frozenset(prefix + stem + "ه" for stem in _PAST for prefix in ("", "ن"))
