"""Words by which the lines of a sign-off are known: who signs for many, what people are, of what firms and schools."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Who does not give a name.
ANONYMOUS = frozenset(
    {"anonim", "anonymous", "anonimus", "nn", "no name", "noname", "tanpa nama", "hamba allah", "hamba tuhan"}
)
#: What those do who sign "Yang memohon,".
ASKING = _words(
    "menolak keberatan memohon bermohon mengajukan membutuhkan meminta mengeluh mengadu mengadukan melaporkan"
    " mengusulkan menyatakan bertandatangan mendoakan hormat"
)
#: How friends close.
BYES = frozenset(
    {
        "xoxo",
        "xo",
        "bye",
        "bye bye",
        "dadah",
        "peace",
        "ciao",
        "cheerio",
        "see you",
        "see ya",
        "take care",
        "gbu",
    }
)
#: How those feel who sign "Warga yang …".
FEELINGS = _words(
    "lelah capek cape capai kecewa resah gelisah marah kesal kesel gemas gemes geram jengkel dongkol prihatin khawatir"
    " kuatir cemas takut sedih susah menderita terdampak dirugikan terganggu tersiksa terzalimi dizalimi tertindas"
    " terlupakan dilupakan terabaikan diabaikan kebanjiran kehausan kepanasan peduli taat setia sabar budiman baik"
    " bosan muak malu rindu sayang cinta mencintai pusing bingung galau tulus berharap menunggu menanti lama"
    " bertanggungjawab berterima"
)
#: Who signs for many; "Warga RT 03", "Panitia HUT RI".
GROUPS = _words(
    "tim siswa siswi murid alumni warga wargamu wargane penghuni pengurus panitia perwakilan perhimpunan"
    " paguyuban forum komunitas aliansi persatuan ikatan keluarga emak2 ibu2 bapak2 pemuda remaja karang pedagang"
    " karyawan mahasiswa relawan jamaah jemaah majelis rakyat hamba resident citizen citizens orangtua ortu wali komite"
    " dkm takmir penumpang pelanggan pengguna pengelola koperasi kelompok residents tenants committee"
)
#: Of these a mail may speak as of a thing: "Pedagang liar"; they sign only where something else says so.
SPOKEN_OF = _words(
    "tim siswa siswi murid alumni pedagang karyawan mahasiswa penumpang pelanggan pengguna pengelola ortu wali"
    " pemuda remaja komite"
)
#: Before them.
BEFORE_GROUPS = _words(
    "a n an a.n dari kami para segenap seluruh semua sekumpulan atas nama the on behalf of from salam hormat saya"
    " concerned fed-up worried loyal one yang yg"
)
#: Those that may announce their names with a colon.
ANNOUNCING = _words("perwakilan panitia pengurus pemohon pelapor pengadu penandatangan")
#: What somebody is who signs, in Indonesian and English; also of what trade.
ROLES = _words(
    "ketua wakil sekretaris bendahara koordinator koord korlap humas direktur direktris dirut manajer manager"
    " kepala kabag kasubag kasubbag kabid kasi kepsek pimpinan pemimpin pembimbing penanggung penanggungjawab"
    " narahubung pembina penasihat penasehat pengawas pendiri pemilik owner founder chairman chairperson secretary"
    " treasurer coordinator director officer supervisor assistant analyst engineer head staff staf lecturer"
    " teacher president ceo coo cfo hrd ga executive specialist consultant partner associate editor advokat"
    " pengacara notaris dosen guru wali ortu orangtua orang mahasiswa mahasiswi siswa siswi pelajar pensiunan"
    " purnawirawan purnatugas karyawan karyawati pegawai wiraswasta wirausaha dokter perawat bidan apoteker"
    " arsitek akuntan peneliti jurnalis wartawan penulis relawan aktivis pengelola penghuni pengurus anggota"
    " sekjen warga rw rt ibu ayah anak anaknya istri istrinya suami suaminya cucu cucunya kakak adik keponakan"
    " menantu penyewa penyuluh kader sopir supir driver kurir satpam security buruh nelayan petani tukang penjual"
    " pedagang juragan jualan ojol ojek tenant resident pelanggan nasabah penumpang jemaah pendeta pastor imam"
    " marbot takmir komisaris presdir rektor dekan kaprodi subbagian bagian divisi departemen department division"
    " operator admin pelapor pengadu pemohon pengirim cp pic kontak hormat mengetahui menyetujui panitera lurah"
    " camat"
)
#: By what people sell, they are called too: "Paijo cilok".
TRADES = _words(
    "bakso bakmi cilok cireng cimol siomay somay batagor sayur gorengan ketoprak soto sate kopi galon ojol ojek"
    " bajaj angkot laundry warteg bengkel gado seblak cendol dawet jamu sembako pulsa kelontong konveksi"
)
#: How the name of a firm, a school or an association begins.
ORGANISATIONS = _words(
    "pt cv ud pd firma yayasan lembaga perkumpulan perhimpunan komunitas forum paguyuban koperasi sd sdn smp smpn"
    " sma sman smk smkn mi mts ma madrasah sekolah tk paud universitas univ fakultas institut akademi politeknik"
    " klinik rs apotek panti pondok pesantren ponpes dkm masjid musala gereja paroki vihara pura kantor bank hotel"
    " apartemen rusun gedung menara wisma graha office departemen department divisi bagian subbagian law firm lbh"
    " lsm karang taruna posyandu rptra pkk puskesmas perumahan cluster residence komplek"
)
#: What opens the name of a street or a quarter, of any words.
STREETS = _words(
    "gang gg jl jln jalan kampung kp komplek kompleks perum perumahan griya blok rusun apartemen cluster rt rw"
)
#: Which may stand in such a line although they are ordinary or no names at all.
HARMLESS = _words(
    "dan yang yg of and the di dari untuk for & se sekitar sekalian sekeluarga besar semua hp wa telp tlp tel no"
    " nomor telepon email management manajemen tim lantai lt kav nip nim nik jl jln jalan gang gg alumni angkatan"
    " kelas blok tower unit bersama dibantu ex eks rumah selaku sebagai warga pelanggan tiga dua satu peduli setia"
    " biasa tahun thn th"
)
#: Words of greetings: when a mail has nothing else above a name, the name stays.
GREETINGS = _words(
    "yth yang terhormat kepada bapak ibu pak bu saudara admin min kak selamat pagi siang sore malam halo hallo"
    " hai hello hi dear sir madam assalamualaikum assalamu alaikum wr wb ass salam sejahtera dengan hormat good"
    " morning afternoon evening to whom it may concern tim team di tempat permisi punten"
)
#: Great streets that people name without "Jalan", beside those of `normalizer/data/phrases.csv` ("no person"): as a
#: signature they are seldom somebody, in a sentence they may be.
HEROES = frozenset(
    {
        "budi kemuliaan", "budi utomo", "cut meutia", "cut nyak dien", "fatmawati", "gatot soebroto",
        "hos tjokroaminoto", "ir h juanda", "juanda", "kapten muslihat", "pakubuwono", "pangeran diponegoro",
        "rm harsono", "samanhudi", "supomo", "suryopranoto",
    }
)  # fmt: skip
