"""The language, by two voices: small words for the clear cases, langdetect for the rest.

langdetect knows no Javanese, Sundanese or Betawi and manages 289 texts a second, so it is asked only when the small
words are silent, and believed only for languages that citizens of Jakarta plausibly write. Without confidence the
answer is `und`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from normalizer.context import Context, decided
from normalizer.gazetteer import read_table
from normalizer.ports import Guess
from normalizer.record import Complaint, Evidence, Language

#: How much of a text is looked at, in characters.
LOOKED_AT = 500
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NOT_TEXT = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|\S+@\S+")
# Malay is counted as Indonesian: langdetect takes one for the other, and so do short texts.
_READ_AS = {
    "id": "id",
    "ms": "id",
    "en": "en",
    "zh-cn": "zh",
    "zh-tw": "zh",
    "ja": "ja",
    "ko": "ko",
    "ar": "ar",
}
_OTHER_SCRIPTS = frozenset({"zh", "ja", "ko", "ar"})
_LATIN_SURE = frozenset({"nl", "fr", "de", "es"})


class SmallWords:
    """First voice: counts words that hardly any other of our languages uses."""

    def __init__(self) -> None:
        weights: dict[str, dict[str, float]] = defaultdict(dict)
        for row in read_table("function_words.csv"):
            for word in row["words"].split():
                weights[word][row["language"]] = max(
                    weights[word].get(row["language"], 0.0), float(row["weight"])
                )
        self._weights = dict(weights)

    def scores(self, words: list[str]) -> tuple[dict[str, float], dict[str, list[str]]]:
        """Score per language, and the words that made it."""
        scores: dict[str, float] = defaultdict(float)
        said: dict[str, list[str]] = defaultdict(list)
        for word in words:
            for language, weight in self._weights.get(word, {}).items():
                scores[language] += weight
                said[language].append(word)
        return scores, said


class LangDetect:
    """Second voice. Its profiles (0.4 s, tens of megabytes) are loaded when it is first asked; seeded, so that the
    same text always gets the same answer."""

    def __init__(self) -> None:
        self._factory: Any = None

    def probabilities(self, text: str) -> dict[str, float]:
        """ISO 639 code -> probability, Malay added to Indonesian; empty when there is nothing to go by."""
        from langdetect import DetectorFactory, detector_factory  # type: ignore[import-untyped]
        from langdetect.lang_detect_exception import LangDetectException  # type: ignore[import-untyped]

        if self._factory is None:
            DetectorFactory.seed = 0
            detector_factory.init_factory()
            self._factory = detector_factory._factory
        detector = self._factory.create()
        detector.append(text)
        found: dict[str, float] = defaultdict(float)
        try:
            for guess in detector.get_probabilities():
                found[_READ_AS.get(guess.lang, guess.lang)] += guess.prob
        except LangDetectException:
            return {}
        return found


class TwoVoices:
    """The detector of a running gateway."""

    def __init__(self) -> None:
        self._small, self._engine = SmallWords(), LangDetect()

    def detect(self, text: str) -> Guess:
        """See `LanguageDetector`."""
        bare = _NOT_TEXT.sub(" ", text[:LOOKED_AT])
        words = _WORD.findall(bare.lower().replace("ê", "e"))
        if not words:
            return Guess(voice="no words")
        scores, said = self._small.scores(words)
        ranked = sorted(scores.items(), key=lambda pair: -pair[1])
        if ranked:
            (best, first), second = ranked[0], ranked[1][1] if len(ranked) > 1 else 0.0
            clear = first >= 2 and first - second >= max(1.0, 0.25 * first)
            # Between many words of two languages that the engine does not know, or of Indonesian and one of
            # those, it is no help: the lead decides, with little confidence.
            led = first >= 4 and first > second and {best, ranked[1][0]} != {"id", "en"} if second else clear
            if clear or led:
                confidence = min(0.98, 0.6 + 0.05 * (first - second)) if clear else 0.5
                return Guess(
                    language=Language(code=best, confidence=round(confidence, 2)),
                    words=tuple(dict.fromkeys(said[best]))[:8],
                    voice="small words",
                )
        return self._asked(bare, words, scores)

    def _asked(self, bare: str, words: list[str], scores: dict[str, float]) -> Guess:
        found = self._engine.probabilities(bare)
        best = max(found, key=lambda code: found[code], default="")
        probability = found.get(best, 0.0)
        hinted = scores.get(best, 0.0) >= max(scores.values(), default=0.0) - 1
        enough = len(words) >= 3 and probability >= 0.7 and hinted
        if (best in ("id", "en") and enough) or (best in _OTHER_SCRIPTS and probability >= 0.9):
            return Guess(
                language=Language(code=best, confidence=round(0.8 * probability, 2)), voice="langdetect"
            )
        if best in _LATIN_SURE and probability >= 0.99 and len(words) >= 8 and not scores:
            return Guess(language=Language(code=best, confidence=0.7), voice="langdetect")
        # Colloquial Indonesian baffles the engine; a lead of small words is worth more than its Somali.
        if scores:
            lead = max(scores, key=lambda code: scores[code])
            if list(scores.values()).count(scores[lead]) == 1 and scores[lead] >= 1:
                return Guess(language=Language(code=lead, confidence=0.5), voice="small words")
        return Guess(voice="unsure")


def step(complaint: Complaint, context: Context) -> Complaint:
    """Set the language of the text (the subject's when there is no text)."""
    guess = context.detector.detect(complaint.text or complaint.subject)
    evidence = Evidence(
        step="language",
        result=f"{guess.language.code} ({guess.voice})",
        words=guess.words,
        confidence=guess.language.confidence,
    )
    return decided(complaint, evidence, language=guess.language)
