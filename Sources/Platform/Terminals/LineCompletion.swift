/// What Tab does at the end of a typed text: inserts what all matching words have in common, or lists them.
struct LineCompletion: Equatable {
    /// A space follows if only one word matches.
    let inserted: String
    /// The matching words, if there is nothing to insert.
    let candidates: [String]

    init(of typed: String, among words: [String]) {
        let matching = typed.isEmpty ? [] : words.filter { $0.hasPrefix(typed) }
        guard let first = matching.first else {
            self.inserted = ""
            self.candidates = []
            return
        }
        let common = matching.dropFirst().reduce(first) { common, word in
            String(zip(common, word).prefix { $0 == $1 }.map(\.0))
        }
        self.inserted = String(common.dropFirst(typed.count)) + (matching.count == 1 ? " " : "")
        self.candidates = self.inserted.isEmpty ? matching : []
    }
}
