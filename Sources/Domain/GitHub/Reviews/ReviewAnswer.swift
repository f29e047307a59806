internal import JSON

/// Reads what a model answers to a request for findings.
package enum ReviewAnswer {
    /// The most brackets that are tried, because each costs a scan of the answer.
    private static let tryLimit = 100

    /// The findings of `{"findings": […]}` or of a plain list, wherever the answer has it; nil without one.
    package static func findings(in answer: String) -> [ReviewFinding]? {
        var index = answer.startIndex
        var tries = 0
        while tries < self.tryLimit, let start = answer[index...].firstIndex(where: { $0 == "{" || $0 == "[" }) {
            if let end = self.end(of: answer, from: start), let json = try? JSON.parse(String(answer[start..<end])),
                let items = self.items(json)
            {
                return items.compactMap { ReviewFinding($0) }
            }
            index = answer.index(after: start)
            tries += 1
        }
        return nil
    }

    private static func items(_ json: JSON) -> [JSON]? {
        if let items = json["findings"]?.arrayValue { return items }
        guard let items = json.arrayValue, !items.isEmpty, items.allSatisfy({ $0.objectValue != nil }) else {
            return nil
        }
        return items
    }

    /// The index after the bracket that closes the first one.
    private static func end(of text: String, from start: String.Index) -> String.Index? {
        var depth = 0
        var isQuoted = false
        var isEscaped = false
        var index = start
        while index < text.endIndex {
            let letter = text.unicodeScalars[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted {
                if letter == "\\" { isEscaped = true }
                if letter == "\"" { isQuoted = false }
            } else if letter == "\"" {
                isQuoted = true
            } else if letter == "{" || letter == "[" {
                depth += 1
            } else if letter == "}" || letter == "]" {
                depth -= 1
                if depth == 0 { return text.unicodeScalars.index(after: index) }
            }
            index = text.unicodeScalars.index(after: index)
        }
        return nil
    }
}
