"""The language, by two voices: our own model for almost all, langdetect for the few of which it is unsure.

langdetect knows no Javanese, Sundanese or Betawi and manages 289 texts a second, so it is asked only when the model has
hardly seen a text's words, and believed only for languages that citizens of Jakarta plausibly write. Without
confidence the answer is `und`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from normalizer.context import Context, decided
from normalizer.language_model import LanguageModel, Scored, words_of
from normalizer.ports import Guess
from normalizer.record import Complaint, Evidence, Language

#: How much of a text is looked at, in characters.
LOOKED_AT = 300
#: Below this probability nothing is said; below the second, langdetect is asked too.
LEAST, SURE = 0.5, 0.8
#: With fewer of its words known than this, a text may be of any language.
FAMILIAR = 0.34
#: What the model tells apart. The other labels are neighbours, named by their ISO 639-3 codes, when it is sure.
_OURS = frozenset({"id", "jv", "su", "bew", "en"})
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
        self._model, self._engine = LanguageModel(), LangDetect()

    def detect(self, text: str) -> Guess:
        """See `LanguageDetector`."""
        bare = text[:LOOKED_AT]
        words = words_of(bare)
        if not words:
            return Guess(voice="no words")
        scored = self._model.score(words)
        probability = scored.ranked[0][1]
        if probability < SURE or scored.known < FAMILIAR:
            return self._asked(bare, words, scored)
        return _guess(scored, probability)

    def _asked(self, bare: str, words: list[str], scored: Scored) -> Guess:
        """What both voices make of it: the engine names what the model never learnt, the model the rest."""
        label, probability = scored.ranked[0]
        foreign = not bare.isascii() and scored.known == 0
        if scored.known < FAMILIAR and (foreign or len(words) >= 3):
            found = self._engine.probabilities(" ".join(words))
            best = max(found, key=lambda code: found[code], default="")
            if best in _OTHER_SCRIPTS and found[best] >= 0.9:
                return Guess(
                    language=Language(code=best, confidence=round(0.9 * found[best], 2)), voice="langdetect"
                )
            if best in _LATIN_SURE and found[best] >= 0.99 and len(words) >= 5:
                return Guess(language=Language(code=best, confidence=0.7), voice="langdetect")
            if best == label and found[best] >= 0.7:
                # Two voices that agree without having heard each other.
                probability = max(probability, 0.6)
        if probability < LEAST:
            return Guess(words=scored.words, voice="unsure")
        return _guess(scored, probability)


def _guess(scored: Scored, probability: float) -> Guess:
    label = scored.ranked[0][0]
    if label not in _OURS and probability < SURE:
        return Guess(words=scored.words, voice="unsure")
    language = Language(code=label, confidence=round(min(probability, 0.99), 2))
    return Guess(language=language, words=scored.words, voice="model")


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
