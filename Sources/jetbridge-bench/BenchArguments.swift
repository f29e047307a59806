/// The `KEY=VALUE` words after a command's name.
struct BenchArguments: Sendable {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private let values: [String: String]

    init(_ words: [String]) {
        self.values = words.reduce(into: [:]) { values, word in
            guard let sign = word.firstIndex(of: "=") else { return }
            values[String(word[..<sign])] = String(word[word.index(after: sign)...])
        }
    }

    func number(_ key: String, default value: Int) -> Int { self.values[key].flatMap { Int($0) } ?? value }

    func text(_ key: String, default value: String) -> String { self.values[key] ?? value }

    func text(_ key: String) throws(Missing) -> String {
        guard let value = self.values[key] else { throw Missing(description: "\(key)=… is missing") }
        return value
    }
}
