internal import Primitives

/// A text that is nothing but a few words, compared with those that people say to end an answer or to thank. Pure.
///
/// Case, punctuation, smiles and the bot's name do not count. Every message is looked at, and nearly all are longer than
/// any of these.
package struct BareWords: Sendable, Equatable {
    /// In bytes: longer texts say more.
    private static let limit = 80
    private static let wordLimit = 6

    private let words: [String]
    private let isQuestion: Bool

    /// Nil for a text that says more.
    package init?(_ text: String, names: [String] = []) {
        guard text.utf8.count <= Self.limit else { return nil }
        var words: [String] = []
        lazy var called = (names + ["jetbridge"]).map { Self.words(of: $0.lowercased()) }
        for scalars in text.lowercased().unicodeScalars.split(whereSeparator: { $0.isSpace }) {
            let chunk = String(scalars)
            guard !Self.smiles.contains(chunk) else { continue }
            for word in Self.words(of: chunk) {
                // Most messages end here, at their first word.
                guard Self.vocabulary.contains(word) || called.contains(where: { $0.contains(word) }) else {
                    return nil
                }
                words.append(word)
            }
            guard words.count <= Self.wordLimit + names.count else { return nil }
        }
        // The longest first: a short name may begin a long one.
        for parts in called.sorted(by: { $0.count > $1.count }) {
            guard !parts.isEmpty, parts.count < words.count else { continue }
            if Array(words.suffix(parts.count)) == parts { words.removeLast(parts.count) }
            if parts.count < words.count, Array(words.prefix(parts.count)) == parts { words.removeFirst(parts.count) }
        }
        guard !words.isEmpty, words.count <= Self.wordLimit else { return nil }
        self.words = words
        self.isQuestion = text.unicodeScalars.contains { $0 == "?" || $0 == "？" || $0 == "؟" }
    }

    /// `stop`, `Stop!`, `please stop`.
    package var meanStop: Bool {
        var words = self.words[...]
        if words.count > 1, Self.pleas.contains(words[0]) { words.removeFirst() }
        while words.count > 1, let last = words.last, Self.stopEnds.contains(last) { words.removeLast() }
        guard let first = words.first else { return false }
        // `stop stop`
        return words.allSatisfy { $0 == first } && Self.stops.contains(first)
            || Self.stopPhrases.contains(words.joined(separator: " "))
    }

    /// `thanks`, `ok, thank you!`, `👍`. A question does not count as thanks, not even `ok?`.
    package var meanThanks: Bool {
        guard !self.isQuestion else { return false }
        var rest = self.words[...]
        var hasThanked = false
        while let first = rest.first {
            let phrase = (1...min(3, rest.count)).reversed().first { count in
                Self.thanks.contains(rest.prefix(count).joined(separator: " "))
            }
            if let phrase {
                rest.removeFirst(phrase)
                hasThanked = true
            } else if Self.besideThanks.contains(first) {
                rest.removeFirst()
            } else {
                return false
            }
        }
        return hasThanked
    }

    // MARK: Words

    /// The words of a piece without white space; a gesture is a word of its own.
    private static func words(of chunk: String) -> [String] {
        // As Slack writes gestures.
        if chunk.utf8.first == UInt8(ascii: ":"),
            let gesture = Self.namedGestures.first(where: { chunk.hasPrefix(":\($0):") })
        {
            return [":\(gesture):"]
        }
        if chunk == "+1" { return [":+1:"] }
        var words: [String] = []
        var word = String.UnicodeScalarView()
        func end() {
            if !word.isEmpty { words.append(String(word)) }
            word = String.UnicodeScalarView()
        }
        for scalar in chunk.unicodeScalars {
            if scalar.isLetter || scalar.isNumber || Self.isMark(scalar) {
                word.append(scalar)
            } else {
                end()
                if Self.gestures.contains(scalar) { words.append(String(scalar)) }
            }
        }
        end()
        return words
    }

    /// Part of a letter, rather than of an emoji.
    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.isASCII, !(0xFE00...0xFE0F).contains(scalar.value) else { return false }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark: return scalar.value != 0x20E3
        default: return false
        }
    }

    private static let gestures: Set<Unicode.Scalar> = ["👍", "👌", "🙏", "🙌", "👏", "💯", "🎉", "❤", "🫶", "✅"]
    private static let namedGestures = [
        "+1", "thumbsup", "ok_hand", "pray", "raised_hands", "clap", "100", "tada", "heart", "white_check_mark",
    ]
    /// Those with letters or digits; of the others nothing is left.
    private static let smiles: Set<String> = [
        ":d", ":-d", ";d", "=d", "xd", ":p", ":-p", ";p", "=p", ":3", "<3", ":o", "^^", "8)", ":slightly_smiling_face:",
        ":smile:", ":smiley:", ":grinning:", ":blush:", ":wink:", ":relaxed:",
    ]

    /// Every word that may be part of such a text.
    private static let vocabulary: Set<String> = Set(
        [Self.stops, Self.stopPhrases, Self.pleas, Self.stopEnds, Self.thanks, Self.besideThanks]
            .flatMap { phrases in phrases.flatMap { $0.split(separator: " ").map(String.init) } })

    // MARK: Stop

    private static let stops: Set<String> = [
        "stop", "esc", "escape", "cancel", "halt", "abort", "interrupt", "quit",
        "arrête", "arrete", "arrêter", "arreter", "arrêtez", "arretez", "annule", "annuler",
        "para", "pare", "parar", "detente", "detén", "detener", "cancela", "cancelar", "alto",
        "anhalten", "stopp", "abbrechen", "abbruch", "aufhören", "ferma", "fermati", "annulla", "basta",
        "停止", "停", "停下", "取消", "中止", "やめて", "止めて", "とめて", "ストップ", "キャンセル", "중지", "멈춰", "취소",
        "стоп", "остановись", "остановить", "отмена", "отмени", "прекрати",
    ]
    private static let stopPhrases: Set<String> = [
        "hör auf", "s il te plaît arrête", "arrête s il te plaît", "por favor para",
    ]
    private static let pleas: Set<String> = ["please", "pls", "bitte", "wait", "no", "ok", "okay"]
    private static let stopEnds: Set<String> = [
        "it", "that", "this", "please", "pls", "now", "bitte", "jetzt", "already",
    ]

    // MARK: Thanks

    private static let thanks: Set<String> = [
        "thanks", "thank you", "thank u", "thankyou", "thx", "thnx", "tnx", "ty", "tysm", "tyvm", "cheers", "ta",
        "many thanks", "much appreciated", "appreciated",
        "danke", "dankeschön", "danke schön", "danke sehr", "vielen dank", "besten dank", "merci", "merci beaucoup",
        "gracias", "muchas gracias", "obrigado", "obrigada", "muito obrigado", "muito obrigada", "valeu",
        "grazie", "grazie mille", "mille grazie", "bedankt", "dank je", "dank je wel", "tack", "takk", "kiitos",
        "dzięki", "dziękuję", "děkuji", "díky", "teşekkürler", "teşekkür ederim",
        "ありがとう", "ありがとうございます", "ありがとうございました", "どうも", "了解", "了解です",
        "谢谢", "谢谢你", "谢谢您", "謝謝", "多谢", "感谢", "好的", "감사합니다", "고마워", "고마워요",
        "спасибо", "спасибо большое", "большое спасибо", "благодарю", "дякую", "شكرا", "شكراً", "תודה", "धन्यवाद",
        "ok", "okay", "okey", "oki", "okidoki", "okie", "k", "kk", "great", "perfect", "cool", "nice", "awesome",
        "excellent", "brilliant", "amazing", "wonderful", "fantastic", "super", "alright", "all right", "got it",
        "understood", "good job", "great job", "nice work", "good work", "great work", "well done", "good bot",
        "nice one",
        "sounds good", "looks good", "lgtm", "agreed", "toll", "prima", "perfekt", "alles klar", "passt", "genau",
        "parfait", "d accord", "genial", "génial", "perfecto", "vale", "de acuerdo", "perfetto", "va bene", "perfeito",
        "beleza", "отлично", "хорошо", "ок", "понятно", "понял", "完美", "太好了",
        "👍", "👌", "🙏", "🙌", "👏", "💯", "🎉", "❤", "🫶", "✅", ":+1:", ":thumbsup:", ":ok_hand:", ":pray:",
        ":raised_hands:", ":clap:", ":100:", ":tada:", ":heart:", ":white_check_mark:",
    ]
    /// What stands beside one of ``thanks`` without adding anything.
    private static let besideThanks: Set<String> = [
        "a", "lot", "so", "much", "very", "again", "all", "everyone", "guys", "oh", "ah", "wow", "bot", "then",
        "really",
        "that", "it", "s", "man", "mate", "dir", "euch", "dann", "sehr", "beaucoup", "mucho", "mille", "большое",
    ]
}
