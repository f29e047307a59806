import Testing
import Words

@Suite struct WordsTests {
    private func note(_ count: Int, _ command: String) -> String {
        worded("\(count) messages still wait; \(command) drops them.")
    }

    @Test func englishIsWhatTheCodeSays() {
        #expect(self.note(3, "/stop all") == "3 messages still wait; /stop all drops them.")
    }

    @Test func readersGetTheirLanguage() {
        let notes = Language.allCases.map { language in
            Language.$current.withValue(language) { self.note(3, "/stop all") }
        }
        #expect(Set(notes).count == Language.allCases.count)
        #expect(notes.allSatisfy { $0.contains("3") && $0.contains("/stop all") })
        #expect(notes[1] == "3 Nachrichten warten noch; /stop all verwirft sie.")
    }

    @Test func theLanguageGoesWithTheTask() async {
        let note = await Language.$current.withValue(.ja) { await Task { worded("Nothing is running.") }.value }
        #expect(note == "実行中のものはありません。")
    }

    @Test func whatTheCatalogueLacksStaysEnglish() {
        let value = "{1} {2}"
        let text = Language.$current.withValue(.fr) { worded("No entry has this, \(value).") }
        #expect(text == "No entry has this, {1} {2}.")
    }

    @Test func valuesAreNotReadAsInterpolations() {
        let text = Language.$current.withValue(.de) { self.note(1, "{1} {2}") }
        #expect(text == "1 Nachrichten warten noch; {1} {2} verwirft sie.")
    }

    @Test func articlesAreEnglishOnly() {
        let role = "owner"
        let paired = { worded("Paired: you are now \(english: "an ")\(role).") }
        #expect(paired() == "Paired: you are now an owner.")
        #expect(Language.$current.withValue(.es) { paired() } == "Emparejado: el rol es ahora owner.")
    }

    @Test func eachTextIsInEveryLanguageWithTheSameInterpolations() {
        let keys = Set(Catalogue.shared.entries(in: .de).keys)
        #expect(keys.count > 200)
        for language in Language.allCases where language != .en {
            let entries = Catalogue.shared.entries(in: language)
            #expect(Set(entries.keys) == keys)
            for (key, text) in entries {
                let count = key.split(separator: "{}", omittingEmptySubsequences: false).count - 1
                #expect(Set(Catalogue.numbers(in: text)) == Set(1..<count + 1), "\(language): \(text)")
            }
        }
    }

    @Test(arguments: [
        ("de-AT", Language.de), ("fr_CA.UTF-8", .fr), ("JA", .ja), ("en", .en), ("pt-BR", nil), ("", nil), ("deu", nil),
    ])
    func localesNameALanguage(locale: String, language: Language?) { #expect(Language(locale: locale) == language) }

    @Test(arguments: [
        ("de-CH, de;q=0.9, en;q=0.8", Language.de), ("pt-BR,pt;q=0.9, es;q=0.5", .es), ("*", nil), ("", nil),
    ])
    func browsersListTheBestFirst(header: String, language: Language?) {
        #expect(Language(accepted: header) == language)
    }

    @Test(arguments: [("Deutsch", Language.de), ("français", .fr), ("日本語", .ja), ("ES", .es), ("klingon", nil)])
    func peopleNameALanguageAsTheyCallIt(word: String, language: Language?) {
        #expect(Language(word: word) == language)
    }
}
