"""How mail programs of many languages introduce a quote, a forwarded mail, and themselves; all in lower case."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


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
    "wrote", "writes", "menulis", "menuliskan", "mengirim", "tulis", "schrieb", "a écrit", "escribió", "escribio",
    "ha scritto", "schreef", "geschreven", "skrev", "skrev følgende", "napisał", "pisze", "escreveu", "kirjoitti",
    "пишет", "писал", "написал", "写道", "寫道", "作成", "작성", "napsal", "đã viết", "scrisse", "følgende",
)  # fmt: skip

#: "wrote" at the very end, enough without a beginning that we know.
VERBS_ALONE = (
    "wrote", "writes", "menulis", "menuliskan", "schrieb", "yazdı", "a écrit", "escribió", "ha scritto", "schreef",
    "het volgende geschreven", "skrev", "skrev følgende", "napisał", "napisał(a)", "napisała", "pisze", "escreveu",
    "kirjoitti", "пишет", "написал", "написал(а)", "写道", "寫道", "님이 작성", "작성", "のメール", "書きました",
)  # fmt: skip

FORWARD_MARKS = frozenset(
    {
        "awal pesan terusan", "awal pesan diteruskan", "awal pesan yang diteruskan",
        "forwarded message", "begin forwarded message", "original message forwarded",
        "pesan diteruskan", "pesan yang diteruskan", "pesan terusan", "mulai pesan diteruskan", "diteruskan",
        "mulai pesan yang diteruskan", "pesan dialihkan", "pesan yang dialihkan", "pesan yang dilanjutkan",
        "mulai meneruskan pesan", "pesan dilanjutkan", "surel terusan", "surel diteruskan", "email terusan",
        "email diteruskan",
        "email yang diteruskan", "forwarded email", "forwarded mail", "forward message",
        "surat diteruskan", "pesan yang diforward", "mulai pesan terusan", "awal surel terusan", "mulai surel terusan",
        "awal surel yang diteruskan", "mulai surel yang diteruskan",
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

#: Between rulers, with the minute behind.
SENT_BY = (
    "pesan dari ", "balasan dari ", "jawaban dari ", "tanggapan dari ",
    "message from ", "reply from ", "response from ",
)  # fmt: skip

#: Between rulers only: alone on a line they may be the citizen's own heading.
ORIGINAL_BETWEEN_RULES = (
    frozenset(
        f"{what} {which}"
        for what in ("pesan", "surat", "email", "e mail", "mail", "surel", "surat elektronik")
        for which in (
            *("asli", "asal", "awal", "semula", "orisinal", "original", "sebelumnya", "balasan", "dibalas"),
            "yang dibalas",
        )
    )
    | frozenset(
        f"{which} {what}"
        for which in ("original", "previous", "replied", "reply", "quoted")
        for what in ("message", "email", "e mail", "mail")
    )
    | {"original"}
)
#: How a line between rulers begins that names who forwarded.
FORWARDED_BY = ("diteruskan dari ", "diteruskan oleh ", "forwarded by ", "forwarded from ")

_KEYS = {
    "from": "from dari pengirim von de da van från fra od expéditeur 差出人 发件人 寄件者 보낸사람 от",
    "sent": "sent date dikirim terkirim waktu tanggal tgl gesendet datum envoyé enviado fecha data inviato verzonden"
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
    "tgl kirim": "sent",
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
    "inviato da ", "inviato dal mio ", "wysłano z ", "wysłane z ", "отправлено с ",
)  # fmt: skip

#: The same in Indonesian, where a place may follow as well.
SENT_FROM_HERE = (
    "dari iphone ",
    "from my ",
    *(
        f"{sent} {by} "
        for sent in (
            *(
                "dikirim",
                "dikirimkan",
                "terkirim",
                "diposkan",
                "diposting",
                "diketik",
                "ditulis",
                "dibuat",
                "dihantar",
            ),
            *("kirim", "ketik", "tulis"),
        )
        for by in ("dari", "dr", "melalui", "lewat", "menggunakan", "via", "dengan", "pakai", "memakai", "di")
    ),
)

#: Words of which one makes what follows "sent from" a device or a program; beginnings of such words.
DEVICES = _words(
    "hp handphone ponsel telepon telpon telp gawai gadget perangkat tablet smartphone handset mobile seluler"
    " phone device laptop komputer pc mac macbook ipad iphone ipod android ios windows blackberry bb yahoo"
    " outlook gmail proton zoho hotmail thunderbird spark superhuman webmail samsung galaxy xiaomi redmi poco"
    " oppo vivo realme huawei honor nokia infinix itel tecno advan asus zenfone lenovo sony xperia motorola moto"
    " pixel oneplus evercoss mito polytron axioo sharp aquos lg htc meizu iqoo nothing k-9 fairemail canary"
    " airmail edison hey mailbird hape"
)
DEVICE_PARTS = ("iphone", "android", "samsung", "galaxy", "smartphone", "ponsel", "xiaomi", "outlook")
#: What may stand beside them in small letters.
AROUND_DEVICES = _words(
    "saya ku aku gue gw my milik cerdas pintar genggam seluler jadul untuk for di pada on dengan with melalui via from"
    " dari the aplikasi app secure email e-mail surel surat yang aman versi handheld wireless powered by using"
    " dan a an new baru gratis free tablet kantor pribadi"
)
#: With these it is a place or a sentence.
NO_DEVICES = _words(
    "desa kampung rumah sekolah warung toko gang rt rw kelurahan kecamatan kota jalan jl pos kontrakan kos kost"
    " kamar hati lokasi tempat kemarin tadi tetangga teman petugas sudah belum tidak office house street village"
    " home balai puskesmas masjid musala halte stasiun terminal pasar apartemen rusun"
)

ADS = (
    "get outlook for", "dapatkan outlook untuk", "tidak ada virus. www",
    "powered by telkomsel blackberry", "get yahoo mail",
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
        "salam hormat saya", "salam hormat kami", "dengan hormat kami", "dengan hormat", "hormatku",
        "hormat kula sakulawarga", "tertanda", "ttd", "hormat warga",
        "hormat abdi", "salam ti abdi", "hurmat abdi", "hormat kula", "yang melapor", "yang melaporkan",
        "regards", "best regards", "kind regards", "warm regards", "warmest regards", "with regards",
        "best", "best wishes", "all the best", "sincerely", "yours sincerely", "sincerely yours", "yours faithfully",
        "faithfully yours", "yours truly", "respectfully", "respectfully yours", "yours", "cheers",
        "warmly", "cordially", "rgds", "br",
        "thanks and regards", "thanks & regards", "thanks and best regards", "thank you and regards",
        "terima kasih dan salam", "terima kasih dan hormat kami",
        "mit freundlichen grüßen", "mit freundlichen grüssen", "mit freundlichen gruessen", "mit freundlichem gruß",
        "freundliche grüße", "viele grüße", "beste grüße", "liebe grüße", "schöne grüße", "hochachtungsvoll", "mfg",
        "met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groet", "vriendelijke groeten",
        "hoogachtend", "groeten", "cordialement", "bien cordialement", "très cordialement", "bien à vous",
        "salutations", "salutations distinguées", "saludos", "saludos cordiales", "un saludo", "atentamente",
        "atenciosamente", "cumprimentos", "com os melhores cumprimentos", "cordiali saluti", "distinti saluti", "敬具",
    }
)  # fmt: skip

#: The same with a comma behind; without one they are a greeting that stays.
FAREWELLS = frozenset({"wassalam", "wasalam", "wass", "wslm", "wasalamualaikum", "wassalamualaikum"})

#: The same with a comma behind, in few words.
FORMULAS_WITH_COMMA = (
    "warga yang", "warga peduli", "dari warga", "dari kami", "yang membuat", "yang melapor", "yang mengadu", "pelapor",
    "pemohon", "pengadu", "pengirim", "your", "yours", "anakmu", "mewakili", "kami yang", "dari saya",
    "yang bertanda tangan", "mengetahui", "a.n", "an.", "atas nama",
)  # fmt: skip

#: "Salam olahraga", "Hormat kami semua": few words that begin so, alone on a line.
FORMULA_BEGINS = ("salam ", "hormat ", "teriring salam", "tabik")

#: After these a name is what the sentence is about, not who signs.
BEFORE_NAMES = _words(
    "yaitu yakni adalah ialah bernama namanya nama oleh dengan dan atau dari kepada untuk bapak pak ibu bu saudara sdr"
    " si is named called by ke sama ama pada buat lewat"
)

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
    "haturnuhun", "nuhun", "wass", "wassalam", "wasalam", "wassalamualaikum", "wassalamu alaikum", "wassalammualaikum",
    "wasalamualaikum", "sekian", "mauliate", "syukron", "tarimo kasih", "tq", "thankyou", "thank u", "thanx", "thnks",
    "thks", "tengs", "tengkiu", "tenkyu", "mksh", "mksih", "mkasih", "trmksh", "trmksih", "trimakasihh", "terimakasi",
    "terima kasi", "makasihh", "kamsia", "suksma", "sembah nuwun",
    "tuhan memberkati", "god bless", "berkah dalem", "jazakallah", "jazakumullah", "obrigado", "obrigada", "gracias",
    "merci", "vielen dank", "danke", "bedankt", "dank u", "dank je", "grazie", "arigatou", "arigato", "xiexie",
    "xie xie", "kamsahamnida", "salamat po", "khob khun", "spasibo", "tack så mycket",
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

#: Given names that are things as well: alone on a last line they say nothing about who wrote.
NAMES_OF_THINGS = _words(
    "melati mawar anggrek cempaka dahlia kenanga teratai flamboyan seroja bougenville kartini indah bagus cahaya"
    " bunga intan permata mutiara bulan bintang mega surya mentari fajar senja embun damai makmur jaya mulia aman"
    " sentosa harapan setia budi kasih rahmat rahayu lestari sari tirta wangi putih puspa kusuma sekar asri"
    " permai merdeka garuda rajawali merpati kenari cendana kamboja soka tulip lily rosela nusa bahari samudra"
    " gunung guntur badai halim agung"
)

#: How the paragraph begins that says who may read a mail, and what else it then says.
DISCLAIMER_BEGINS = (
    "disclaimer", "penafian", "pemberitahuan", "important", "confidential", "jangan cetak", "sebelum mencetak",
    "peringatan", "pernyataan", "perhatian", "penting:", "notice", "important notice",
    "legal notice", "this e-mail", "this email", "this message", "this communication", "the information",
    "the content", "e-mail ini", "email ini", "surel ini", "pesan ini", "surat elektronik ini",
    "informasi dalam", "informasi yang", "isi dari", "isi pesan", "dokumen ini",
    "isi email", "isi e-mail", "isi surel", "seluruh informasi", "please consider the environment", "please think",
    "p please", "please do not print", "please don't print", "save a tree", "go green",
    "pertimbangkan lingkungan", "mohon pertimbangkan", "think before", "save paper", "hemat kertas", "kerahasiaan",
    "apabila anda", "jika anda", "bila anda", "if you", "caution", "warning", "the views", "any views", "pandangan",
    "external email", "email eksternal", "surel eksternal", "perlu diketahui", "catatan kerahasiaan",
)  # fmt: skip
DISCLAIMER_WORDS = (
    "confidential", "privileged", "intended recipient", "intended only", "intended solely", "intended for", "addressee",
    "named recipient", "before printing", "print this", "printing this", "in error", "originated from outside",
    "antivirus", "anti-virus", "checked for virus", "scanned",
    "notify the sender", "rahasia", "hak istimewa", "penerima", "hanya ditujukan", "ditujukan hanya", "bukan ditujukan",
    "dimaksudkan hanya", "menyebarluaskan", "penyebarluasan", "disebarluaskan", "menyebarkan surel", "mencetak",
    "cetak surel", "cetak email", "save paper", "informasi terbatas", "menggandakan", "berkepentingan",
    "kami tidak pernah meminta", "we never ask", "we will never ask",
    "tidak dipantau", "not monitored", "do not reply", "kertas",
    "karena kesalahan", "beri tahu pengirim", "hapus email",
    "luar organisasi", "views expressed",
)  # fmt: skip
#: What such a paragraph is about.
DISCLAIMED = (
    "mail", "surel", "pesan", "surat elektronik", "message", "communication", "information", "informasi", "dokumen",
    "print", "cetak", "kertas", "paper", "recipient", "confidentiality", "disclaimer", "penafian", "kerahasiaan",
)  # fmt: skip
#: How the paragraph begins by which senders of advertisements let go, and what it says then.
LETS_GO_BEGINS = (
    "jika",
    "bila",
    "apabila",
    "untuk berhenti",
    "klik",
    "if you",
    "to unsubscribe",
    "to stop",
    "click",
    "you",
)
LETS_GO = ("unsubscribe", "berhenti berlangganan", "berhenti menerima")
#: In a company's words about its mails, wherever they begin.
LIABILITY = (
    r"accepts? no (?:liability|responsibility)", r"(?:not|nor) (?:be )?(?:liable|responsible) for",
    r"tidak bertanggung ?jawab atas .{0,80}(?:virus|surel|e-?mail)",
)  # fmt: skip
#: Whoever says "I" writes himself: "Email ini rahasia, tolong jangan sebut nama saya."
OWN_WORDS = ("saya", "aku", "gue", "tolong", "my name", "please help")

#: In the name or the address of whoever answers for an office: what such a sender wrote is a quote, not a report.
OFFICES = (
    "layanan aduan", "kanal aduan", "pengaduan", "aduan", "layanan pelanggan", "customer service", "customer care",
    "call center", "contact center", "helpdesk", "help desk", "noreply", "no-reply", "no_reply", "donotreply",
    "do-not-reply", "layanan@", "pelayanan", "puskesmas", "rsud", "kelurahan", "kecamatan", "suku dinas", "sudin",
    "dinas ", "satpol pp", "pemprov", "pemkot", "sekretariat", "verifikasi", "verifikator", "tindak lanjut",
    "jakarta.go.id", "dki@", "cs@", "admin@", "info@", "halo@", "lapor@", "humas@",
)  # fmt: skip
