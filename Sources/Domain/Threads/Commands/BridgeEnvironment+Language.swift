package import Chat
internal import Primitives
package import Store
internal import Words

/// The command `language`.
extension BridgeEnvironment {
    /// The reply, which is in the chosen language already.
    package func language(
        _ word: String, of person: String, in store: SessionStore, _ sign: CommandSign
    ) async throws -> String {
        let choose = sign.command("language NAME")
        guard !word.isEmpty else {
            return worded("My notes for you are in English. \(choose) chooses another language: \(Language.list).")
        }
        guard let language = Language(word: word) else {
            let shown = EscapedText.code(VisibleText.strictLine(word.beginning(bytes: 80)))
            return worded("I do not write notes in \(shown). \(choose) takes one of these: \(Language.list).")
        }
        try await store.write { ledger in
            var preferences = try ledger.preferences(of: person)
            preferences.language = language
            try ledger.set(preferences, of: person)
        }
        self.languages.forgetChoices()
        return Language.$current.withValue(language) {
            worded("My notes for you are in English from now on. Answers stay in the language of your questions.")
        }
    }
}
