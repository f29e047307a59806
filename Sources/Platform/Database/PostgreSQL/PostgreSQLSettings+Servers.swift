internal import CPQ

extension PostgreSQLSettings {
    /// The servers that the URL names, each by what replaces libpq's parameters.
    ///
    /// libpq tries several itself, but goes on to the next one only after an answer: a machine that is gone gives none.
    var servers: [[(key: String, value: String)]] {
        let words = self.words
        let lists = ["host", "hostaddr", "port"].compactMap { key in
            words[key].map { (key: key, values: $0.split(separator: ",", omittingEmptySubsequences: false)) }
        }
        let count = lists.map(\.values.count).max() ?? 1
        guard count > 1 else { return [[]] }
        return (0..<count).map { index in
            // One port may be that of all hosts.
            lists.map { (key: $0.key, value: String($0.values[min(index, $0.values.count - 1)])) }
        }
    }

    /// The URL's parts, by libpq's names.
    private var words: [String: String] {
        guard let options = unsafe PQconninfoParse(self.url, nil) else { return [:] }
        defer { unsafe PQconninfoFree(options) }
        var words: [String: String] = [:]
        var option = unsafe options
        while let key = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                words[unsafe String(cString: key)] = unsafe String(cString: value)
            }
            unsafe option += 1
        }
        return words
    }
}
