/// A pattern such as `*!*@*.example.org`: `*` is any text, `?` any one character, `\` makes the next one plain.
package struct IRCMask: Sendable {
    private enum Item: Equatable {
        case any
        case one
        case scalar(Unicode.Scalar)
    }

    private let items: [Item]
    private let casemapping: IRCCasemapping

    package init(_ pattern: String, casemapping: IRCCasemapping = .rfc1459) {
        self.casemapping = casemapping
        var items: [Item] = []
        var isEscaped = false
        for scalar in casemapping.foldedMask(pattern) {
            switch scalar {
            case _ where isEscaped:
                items.append(.scalar(scalar))
                isEscaped = false
            case "\\": isEscaped = true
            case "*": if items.last != .any { items.append(.any) }
            case "?": items.append(.one)
            default: items.append(.scalar(scalar))
            }
        }
        self.items = items
    }

    /// Whether the whole of `text` fits. Takes time proportional to pattern × text at worst.
    package func matches(_ text: String) -> Bool {
        let scalars = self.casemapping.foldedMask(text)
        var item = 0
        var position = 0
        var retry: (item: Int, position: Int)?
        while position < scalars.count {
            if item < self.items.count, self.items[item] == .any {
                retry = (item + 1, position)
                item += 1
            } else if item < self.items.count,
                self.items[item] == .one || self.items[item] == .scalar(scalars[position])
            {
                item += 1
                position += 1
            } else if let last = retry {
                retry = (last.item, last.position + 1)
                item = last.item
                position = last.position + 1
            } else {
                return false
            }
        }
        return self.items[item...].allSatisfy { $0 == .any }
    }
}

extension IRCCasemapping {
    /// Folded scalars; `\` stays itself, since it is the escape of a pattern.
    fileprivate func foldedMask(_ text: String) -> [Unicode.Scalar] {
        let text = self == .unicode ? text.lowercased() : text
        return text.unicodeScalars.map { scalar in
            guard self != .unicode, scalar.isASCII, scalar != "\\" else { return scalar }
            return Unicode.Scalar(self.fold(UInt8(scalar.value)))
        }
    }
}
