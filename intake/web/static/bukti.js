// Solves the form's proof of work on a thread of its own; adapters/balai_warga/proof.py says what it is.
// SHA-256 (FIPS 180-4) of one block is written out here: crypto.subtle takes longer to be asked than to answer.
const PUZZLES = 16;
const fraction = (root) => (root - Math.floor(root)) * 2 ** 32;
const primes = [];
for (let n = 2; primes.length < 64; n += 1) if (primes.every((prime) => n % prime)) primes.push(n);
const K = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)) | 0);
const H = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)) | 0);
const w = new Int32Array(64);

// The first 32 bits of the hash of the block in w[0..15], as an unsigned number.
function hash() {
  for (let i = 16; i < 64; i += 1) {
    const x = w[i - 15];
    const y = w[i - 2];
    const low = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const high = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + low + w[i - 7] + high) | 0;
  }
  let a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
  for (let i = 0; i < 64; i += 1) {
    const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + sum1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  return (H[0] + a) >>> 0;
}

function solve(seed, difficulty, tell) {
  const below = Math.floor(2 ** 32 / difficulty);
  let proof = "";
  for (let puzzle = 0; puzzle < PUZZLES; puzzle += 1) {
    w.fill(0);
    for (let i = 0; i < 32; i += 1) w[i >> 2] |= seed.charCodeAt(i) << (24 - (i % 4) * 8);
    w[8] = puzzle;
    w[10] = 1 << 31;
    w[15] = 320;
    while (hash() >= below) w[9] += 1;
    proof += (w[9] >>> 0).toString(16).padStart(8, "0");
    tell((puzzle + 1) / PUZZLES);
  }
  return proof;
}

self.addEventListener("message", ({ data: challenge }) => {
  const [difficulty, , seed] = challenge.split(".");
  const proof = solve(seed, Number(difficulty), (done) => self.postMessage({ done }));
  self.postMessage({ done: 1, proof });
});
