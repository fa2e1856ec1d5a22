"""How mail programs of many languages introduce a quote, a forwarded mail, and themselves; all in lower case."""

from __future__ import annotations

#: How a line begins that ends in "… wrote:".
STARTERS = (
    "on ", "pada ", "tanggal ", "tgl ", "pd ", "di ", "am ", "le ", "el ", "il ", "op ", "den ",
    "d. ", "på ", "em ", "no dia ",
    "w dniu ", "dnia ", "pe ", "dne ", "il giorno ", "il giorno", "a ", "ngày ", "vào ", "kirjoitti ",
    "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag",
    "måndag", "tisdag", "lördag", "söndag", "fre ", "tor ", "ons ", "tis ", "tir ", "man ", "mån ", "lør ", "lör ",
    "søn ", "sön ", "пн", "вт", "ср", "чт", "пт", "сб", "вс", "в ", "在 ", "在", "於 ", "于",
)  # fmt: skip

#: "wrote" wherever it stands in a line that begins and ends as an attribution does.
VERBS = (
    "wrote", "menulis", "menuliskan", "mengirim", "tulis", "schrieb", "a écrit", "escribió", "escribio",
    "ha scritto", "schreef", "geschreven", "skrev", "skrev følgende", "napisał", "pisze", "escreveu", "kirjoitti",
    "пишет", "писал", "написал", "写道", "寫道", "作成", "작성", "napsal", "đã viết", "scrisse", "følgende",
)  # fmt: skip

#: "wrote" at the very end, enough without a beginning that we know.
VERBS_ALONE = (
    "wrote", "menulis", "menuliskan", "schrieb", "a écrit", "escribió", "ha scritto", "schreef",
    "het volgende geschreven", "skrev", "skrev følgende", "napisał", "napisał(a)", "napisała", "pisze", "escreveu",
    "kirjoitti", "пишет", "написал", "написал(а)", "写道", "寫道", "님이 작성", "작성", "のメール", "書きました",
)  # fmt: skip

FORWARD_MARKS = frozenset(
    {
        "forwarded message", "begin forwarded message", "original message forwarded",
        "pesan diteruskan", "pesan yang diteruskan", "pesan terusan", "mulai pesan diteruskan", "diteruskan",
        "mulai pesan yang diteruskan", "pesan dialihkan", "pesan yang dialihkan", "pesan yang dilanjutkan",
        "pesan dilanjutkan", "surel terusan", "surel diteruskan", "email terusan", "email diteruskan",
        "email yang diteruskan", "forwarded email", "forwarded mail", "forward message",
        "surat diteruskan", "pesan yang diforward",
        "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht", "message transféré",
        "début du message transféré", "message transmis", "mensaje reenviado", "inicio del mensaje reenviado",
        "messaggio inoltrato", "inizio messaggio inoltrato", "doorgestuurd bericht", "begin doorgestuurd bericht",
        "vidarebefordrat meddelande", "videresendt besked", "videresendt melding", "mensagem encaminhada",
        "mensagem reencaminhada", "wiadomość przekazana", "пересылаемое сообщение", "転送されたメッセージ",
        "转发的邮件", "轉寄郵件", "전달된 메시지",
    }
)  # fmt: skip

ORIGINAL_MARKS = frozenset(
    {
        "original message", "original appointment", "reply message", "pesan asli", "pesan awal", "pesan semula",
        "surat asli", "email asli", "e mail asli", "ursprüngliche nachricht", "originalnachricht",
        "original nachricht", "message d'origine", "message original", "mensaje original", "messaggio originale",
        "oorspronkelijk bericht", "origineel bericht", "ursprungligt meddelande", "originalmeddelande",
        "oprindelig meddelelse", "original besked", "opprinnelig melding", "mensagem original",
        "oryginalna wiadomość", "wiadomość oryginalna", "исходное сообщение", "元のメッセージ", "original mail",
        "原始邮件", "原始郵件", "원본 메시지",
    }
)  # fmt: skip

#: Between rulers only: alone on a line they may be the citizen's own heading.
ORIGINAL_BETWEEN_RULES = frozenset(
    f"{what} {which}"
    for what in ("pesan", "surat", "email", "e mail", "mail", "surel", "surat elektronik")
    for which in (
        *("asli", "asal", "awal", "semula", "orisinal", "original", "sebelumnya", "balasan", "dibalas"),
        "yang dibalas",
    )
) | frozenset(
    f"{which} {what}"
    for which in ("original", "previous", "replied", "reply", "quoted")
    for what in ("message", "email", "e mail", "mail")
)
#: How a line between rulers begins that names who forwarded.
FORWARDED_BY = ("diteruskan dari ", "diteruskan oleh ", "forwarded by ", "forwarded from ")

_KEYS = {
    "from": "from dari pengirim von de da van från fra od expéditeur 差出人 发件人 寄件者 보낸사람 от",
    "sent": "sent date dikirim terkirim tanggal tgl gesendet datum envoyé enviado fecha data inviato verzonden"
    " skickat sendt dato wysłano 送信日時 日時 发送时间 日期 날짜 дата отправлено",
    "to": "to kepada ke untuk penerima an à para aan till til do dla 宛先 收件人 받는사람 кому cc bcc tembusan",
    "subject": "subject perihal subjek subyek hal judul re betreff objet asunto oggetto onderwerp ämne emne temat"
    " assunto 件名 主题 主旨 제목 тема",
}
#: The names of header fields in quoted header blocks, and which of the four they are.
HEADER_KEYS = {word: kind for kind, words in _KEYS.items() for word in words.split()} | {
    "보낸 사람": "from",
    "보낸 날짜": "sent",
    "받는 사람": "to",
    "sent at": "sent",
    "date sent": "sent",
    "tanggal kirim": "sent",
    "dikirim pada": "sent",
    "dikirim tanggal": "sent",
    "waktu kirim": "sent",
    "sendt den": "sent",
}

#: Before the name of a device or program.
SENT_FROM = (
    "sent from my ", "sent from ", "sent via ", "sent with ", "sent using ", "sendt fra min ", "sendt fra ",
    "skickat från min ", "skickat från ", "verzonden vanaf mijn ", "verstuurd vanaf mijn ", "verzonden met ",
    "von meinem ", "gesendet von meinem ", "gesendet von ", "gesendet mit ", "envoyé de mon ", "envoyé depuis mon ",
    "envoyé à partir de ", "enviado desde mi ", "enviado desde ", "enviado do meu ", "enviado via ", "enviado de ",
    "inviato da ", "inviato dal mio ", "wysłano z ", "wysłane z ", "отправлено с ", "dikirim dari ",
    "dikirim melalui ", "dikirim lewat ", "dikirim menggunakan ", "terkirim dari ", "terkirim dr ", "dikirim via ",
    "dikirimkan dari ", "dihantar dari ", "kirim dari ",
    "dikirim dengan ", "diketik dari ", "diketik di ", "dari iphone ",
)  # fmt: skip

AD_ENDS = (
    "iphone", "ipad", "android", "samsung", "galaxy", "blackberry", "yahoo", "outlook", "mail", "xiaomi", "redmi",
    "oppo", "vivo", "realme", "huawei", "nokia", "smartphone", "handset", "mobile", "telepon", "ponsel", "perangkat",
    "hp saya", "tablet", "phone", "gmail", "windows", "device", "proton", "infinix", "webmail",
)  # fmt: skip

ADS = (
    "get outlook for", "dapatkan outlook untuk", "powered by telkomsel blackberry", "get yahoo mail",
    "yahoo mail: search, organize", "yahoo mail: cari, atur", "virus-free", "bebas virus", "ohne viren",
    "obtenir outlook pour", "obtener outlook para", "outlook voor", "télécharger outlook",
    "diese nachricht wurde von meinem android",
    "bezoek outlook", "von meinem iphone gesendet", "von meinem ipad gesendet", "von meinem smartphone gesendet",
    "iphoneから送信", "ipadから送信", "发自我的iphone", "发自我的 iphone", "從我的 iphone 傳送", "나의 iphone에서 보냄",
)  # fmt: skip

#: How a letter ends; the name and what else belongs to a signature stand below.
FORMULAS = frozenset(
    {
        "hormat saya", "hormat kami", "hormat", "salam hormat", "hormat saya dan keluarga", "hormat kami sekeluarga",
        "salam", "salam hangat", "salam takzim", "salam santun", "salam sehat", "salam kami", "salam saya",
        "salam hormat saya", "salam hormat kami", "dengan hormat kami", "tertanda", "ttd", "hormat warga",
        "hormat abdi", "salam ti abdi", "hurmat abdi", "hormat kula", "yang melapor", "yang melaporkan",
        "regards", "best regards", "kind regards", "warm regards", "warmest regards", "with regards",
        "best", "best wishes", "all the best", "sincerely", "yours sincerely", "sincerely yours", "yours faithfully",
        "faithfully yours", "yours truly", "respectfully", "respectfully yours", "yours", "cheers",
        "warmly", "cordially", "rgds", "br",
        "thanks and regards", "thanks & regards", "thanks and best regards", "thank you and regards",
        "terima kasih dan salam", "terima kasih dan hormat kami",
    }
)  # fmt: skip

#: "Salam olahraga", "Hormat kami semua": few words that begin so, alone on a line.
FORMULA_BEGINS = ("salam ", "hormat ", "teriring salam", "tabik")

#: Before a name, and nobody's name alone.
TITLES = frozenset(
    {
        "pak", "bapak", "bpk", "bu", "ibu", "bang", "abang", "mas", "mbak", "mba", "kak", "h", "hj", "dr", "drg", "ir",
        "prof", "sdr", "sdri", "ny", "tn", "mr", "mrs", "ms", "mpok", "babeh", "ustaz", "ustad", "oma", "opa", "om",
    }
)  # fmt: skip

#: How a sentence begins about somebody who wrote; no program calls a sender so.
NOT_SENDERS = frozenset(
    {
        "petugas", "admin", "saya", "kami", "warga", "tetangga", "ketua", "beliau", "dia", "ia", "mereka", "pihak",
        "akun", "lurah", "camat", "seorang", "ada", "anak", "suami", "istri", "the", "they", "he", "she", "i", "we",
        "someone", "somebody", "my", "our", "your", "an", "a", "officer", "staff",
    }
)  # fmt: skip

#: With these a letter may close as well; they are its words, but below them only a name follows.
THANKS = (
    "terima kasih", "terimakasih", "trima kasih", "trimakasih", "makasih", "makasi", "trims", "trimakasi", "tks", "thx",
    "tengkyu", "thanks", "thank you", "matur nuwun", "maturnuwun", "matur suwun", "suwun", "nuwun", "hatur nuhun",
    "haturnuhun", "nuhun", "wassalam", "wasalam", "wassalamualaikum", "wassalamu alaikum", "wassalammualaikum",
    "wasalamualaikum", "sekian", "mauliate", "syukron", "tarimo kasih",
)  # fmt: skip

#: Capitalised words that begin a line and are nobody's name.
NO_NAME = frozenset(
    {
        "tolong", "mohon", "segera", "salam", "wassalam", "makasih", "terima", "kasih", "terimakasih",
        "trims", "thanks", "thank", "thx", "nuhun", "nuwun", "suwun", "amin", "aamiin", "ditunggu",
        "tunggu", "semoga", "sekian", "demikian", "sukses", "selamat", "hormat", "regards", "best",
        "lokasi", "alamat", "foto", "lampiran", "nb", "ps", "catatan", "jangan", "jalan", "jl", "jln", "gg",
        "gang", "rt", "rw", "kel", "kec", "kelurahan", "kecamatan", "saya", "kami", "kita", "ini", "itu",
        "dan", "atau", "yang", "untuk", "di", "dari", "ke", "pada", "dengan", "tidak", "bukan", "sudah",
        "belum", "masih", "ada", "banjir", "macet", "sampah", "lampu", "air", "jakarta", "please", "sent",
        "dikirim", "get", "tanggal", "no", "nomor", "hp", "wa", "telp", "tel", "email", "kapan", "kenapa",
        "bagaimana", "apa", "apakah", "siapa", "mana", "ya", "yaa", "pak", "bu", "min", "kak", "admin",
        "bang", "mas", "mbak", "gan", "assalamualaikum", "wassalamualaikum", "halo", "hai", "hello", "hi",
        "dear", "yth", "kepada", "perihal", "re", "fw", "fwd",
    }
)  # fmt: skip

#: How the paragraph begins that says who may read a mail, and what else it then says.
DISCLAIMER_BEGINS = (
    "disclaimer", "penafian", "pemberitahuan", "important", "confidential", "jangan cetak", "sebelum mencetak",
    "peringatan", "pernyataan", "perhatian", "penting:", "notice", "important notice",
    "legal notice", "this e-mail", "this email", "this message", "this communication", "the information",
    "the contents", "e-mail ini", "email ini", "surel ini", "pesan ini", "surat elektronik ini",
    "informasi dalam", "informasi yang",
    "isi email", "isi e-mail", "isi surel", "seluruh informasi", "please consider the environment", "please think",
    "pertimbangkan lingkungan", "mohon pertimbangkan", "think before", "save paper", "hemat kertas", "kerahasiaan",
)  # fmt: skip
DISCLAIMER_WORDS = (
    "confidential", "privileged", "intended", "recipient", "addressee", "environment", "before printing", "rahasia",
    "hak istimewa", "penerima", "ditujukan", "dimaksudkan", "menyebarluaskan", "penyebarluasan", "disebarluaskan",
    "lingkungan", "mencetak", "save paper", "kertas", "virus",
)  # fmt: skip

#: In the name or the address of whoever answers for an office: what such a sender wrote is a quote, not a report.
OFFICES = (
    "layanan aduan", "kanal aduan", "pengaduan", "aduan", "layanan pelanggan", "customer service", "customer care",
    "call center", "contact center", "helpdesk", "help desk", "noreply", "no-reply", "no_reply", "donotreply",
    "do-not-reply", "jakarta.go.id", "dki@", "cs@", "admin@", "info@", "halo@", "lapor@", "humas@",
)  # fmt: skip
