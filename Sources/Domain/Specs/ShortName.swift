internal import Primitives

/// Names a feature after two to four words of its description: `reset-password`, `oauth2-login-page`.
///
/// Pure and without a model, so that the name is known before the answer begins. ASCII only: letters lose their
/// accents, and a text in another script becomes `new-feature`.
package enum ShortName {
    /// In bytes. A description may be as long as a message.
    private static let readLimit = 2_000

    package static func of(_ description: String) -> String {
        let start = description.beginning(bytes: self.readLimit)
        let sentence = self.firstSentence(of: start)
        var words = self.meaningful(in: sentence)
        if words.count < 2 { words = self.meaningful(in: start[...]) }
        let withoutActors = words.filter { !self.actors.contains($0) }
        if withoutActors.count >= 2 { words = withoutActors }
        switch words.count {
        case 0: return "new-feature"
        case 1: return "add-\(words[0])"
        case 4: return words.joined(separator: "-")
        default: return words.prefix(3).joined(separator: "-")
        }
    }

    private static func firstSentence(of text: String) -> Substring {
        let text = text.drop { $0.isWhitespace }
        var previous: Character = " "
        for index in text.indices {
            let character = text[index]
            if character.isNewline || (character.isWhitespace && ".!?:;".contains(previous)) { return text[..<index] }
            previous = character
        }
        return text
    }

    private static func meaningful(in text: Substring) -> [String] {
        var words: [String] = []
        var seen: Set<String> = []
        for original in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "'" && $0 != "’" }) {
            let isAcronym = original.count >= 2 && original.allSatisfy { $0.isUppercase || $0.isNumber }
            let word = self.ascii(original)
            guard !word.isEmpty, !self.stopWords.contains(word), !seen.contains(word) else { continue }
            let isLong = word.utf8.count >= 3 || isAcronym
            let isNumber = word.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            guard isLong, !isNumber else { continue }
            let short = String(word.prefix(24))
            words.append(short)
            seen.insert(short)
        }
        return words
    }

    /// The lower-case ASCII letters and digits of a word. The Unicode name of é begins with LATIN SMALL LETTER E.
    private static func ascii(_ word: Substring) -> String {
        var result = ""
        for scalar in word.lowercased().unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9": result.unicodeScalars.append(scalar)
            case "ß": result += "ss"
            case "æ": result += "ae"
            case "œ": result += "oe"
            default:
                let prefix = "LATIN SMALL LETTER "
                guard let name = scalar.properties.name, name.hasPrefix(prefix) else { continue }
                let letter = name.dropFirst(prefix.count).prefix { $0 != " " }
                if letter.count == 1 { result += letter.lowercased() }
            }
        }
        return result
    }

    private static let actors: Set<String> = [
        "user", "users", "person", "people", "member", "members", "everybody", "everyone", "anyone", "customer",
        "customers",
    ]

    private static let stopWords = Set(
        """
        a about above add also all am an and any are as at be been being below between both build but by can cannot could \
        create describe design develop did do does doing done each every feature features for from get gets give given go \
        had has have having he help her here him his how http https i id if implement in into is it its just kindly let \
        lets like made make makes making many may me might more most must my need needs new no not now of off on once one \
        only or other our out over please put set shall she should so some something spec specification specify such \
        system than that the their them then there these they thing things this those to too under until up us use uses \
        using very via want wants was we were what when where which while who whose will with within without would write \
        www you your
        """.split(separator: " ").map(String.init))
}
