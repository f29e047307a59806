internal import Primitives

/// Header or trailer fields in order of arrival; names are case-insensitive.
///
/// All names and values share one array of bytes, so a head of twenty fields costs two allocations, and a value that
/// isn't UTF-8 passes through a proxy unchanged. Strings are created on access. Each field stores its name as a number,
/// see ``HeaderName``, so that common lookups compare no text.
package struct HTTPHeaders: Sendable {
    /// The offsets of a field's name and value in the storage.
    package struct Field: Sendable {
        package var nameStart: UInt32
        package var nameEnd: UInt32
        package var valueStart: UInt32
        package var valueEnd: UInt32
        /// Set by ``HTTPHeaders``.
        fileprivate(set) var known = HeaderName.other

        package init(nameStart: Int, nameEnd: Int, valueStart: Int, valueEnd: Int) {
            self.nameStart = UInt32(truncatingIfNeeded: nameStart)
            self.nameEnd = UInt32(truncatingIfNeeded: nameEnd)
            self.valueStart = UInt32(truncatingIfNeeded: valueStart)
            self.valueEnd = UInt32(truncatingIfNeeded: valueEnd)
        }

        package var name: Range<Int> { Int(self.nameStart)..<Int(self.nameEnd) }
        package var value: Range<Int> { Int(self.valueStart)..<Int(self.valueEnd) }
    }

    private var storage: [UInt8]
    private var fields: [Field]
    /// The known names among the fields.
    private var names: HeaderNames = []

    package init() {
        self.storage = []
        self.fields = []
    }

    /// Adopts the result of a parser, which has checked names and values.
    package init(storage: [UInt8], fields: [Field]) {
        self.storage = storage
        self.fields = fields
        for index in self.fields.indices {
            let name = HeaderName(storage.span.extracting(self.fields[index].name))
            self.fields[index].known = name
            self.names.insert(name)
        }
    }

    /// The bytes behind the fields; for a parsed request, its whole head.
    package var rawBytes: [UInt8] { self.storage }

    /// The first value with this name. Setting replaces all fields of that name with one; `nil` removes them.
    package subscript(name: String) -> String? {
        get { self.fields.first { self.matches($0, name) }.map { self.text($0.value) } }
        set {
            self.remove(name)
            if let newValue { self.append(name, newValue) }
        }
    }

    package func contains(_ name: String) -> Bool {
        self.fields.contains { self.matches($0, name) }
    }

    package func contains(_ name: HeaderName) -> Bool { self.names.contains(name) }

    /// Whether there is a field with one of these names.
    package func contains(anyOf names: HeaderNames) -> Bool { !self.names.isDisjoint(with: names) }

    /// The first value with this name.
    package subscript(name: HeaderName) -> String? {
        guard self.contains(name) else { return nil }
        return self.fields.first { $0.known == name }.map { self.text($0.value) }
    }

    /// Whether exactly one field has this name, and this value in any case.
    package func isOnly(_ name: HeaderName, _ value: String) -> Bool {
        var isFound = false
        for field in self.fields where field.known == name {
            guard !isFound, self.isEqual(field.value, value) else { return false }
            isFound = true
        }
        return isFound
    }

    /// Every value with this name, in order.
    package func values(of name: String) -> [String] {
        self.fields.filter { self.matches($0, name) }.map { self.text($0.value) }
    }

    /// The trimmed, non-empty elements of a comma-separated list header, across all its fields (RFC 9110 §5.6.1). Not
    /// for lists whose elements may contain quoted commas.
    package func list(of name: String) -> [String] {
        self.values(of: name).flatMap { value in
            value.utf8.split(separator: 0x2C).compactMap { element in
                let trimmed = element.trimmingBlanks()
                return trimmed.isEmpty ? nil : String(trimmed)
            }
        }
    }

    /// Whether a list header contains this token, ignoring case.
    package func contains(_ name: String, token: String) -> Bool {
        self.list(of: name).contains { $0.equalsIgnoringCase(token) }
    }

    /// Appends a field. CR, LF and NUL in the value become spaces (RFC 9110 §5.5), so that untrusted text can't start a
    /// new line. Returns `false` and adds nothing if the name isn't a token.
    @discardableResult
    package mutating func append(_ name: String, _ value: String) -> Bool {
        let nameStart = self.storage.count
        self.storage.append(contentsOf: name.utf8)
        let valueStart = self.storage.count
        self.storage.append(contentsOf: value.utf8)
        return self.add(from: nameStart, valueStart: valueStart)
    }

    /// ``append(_:_:)-swift.method`` for bytes from a C library.
    @discardableResult
    package mutating func append(name: [UInt8], value: [UInt8]) -> Bool {
        let nameStart = self.storage.count
        self.storage += name
        let valueStart = self.storage.count
        self.storage += value
        return self.add(from: nameStart, valueStart: valueStart)
    }

    /// Adds a field of the bytes at the storage's end, or removes them.
    private mutating func add(from nameStart: Int, valueStart: Int) -> Bool {
        let token = ByteSet.token
        var isToken = valueStart > nameStart
        for index in nameStart..<valueStart where !token.contains(self.storage[index]) { isToken = false }
        guard isToken else {
            self.storage.removeSubrange(nameStart...)
            return false
        }
        for index in valueStart..<self.storage.count where self.storage[index].breaksLine { self.storage[index] = 0x20 }
        var field = Field(
            nameStart: nameStart, nameEnd: valueStart, valueStart: valueStart, valueEnd: self.storage.count)
        field.known = HeaderName(self.storage.span.extracting(field.name))
        self.names.insert(field.known)
        self.fields.append(field)
        return true
    }

    package mutating func remove(_ name: String) {
        guard self.contains(name) else { return }
        self.replaceFields(self.fields.filter { !self.matches($0, name) })
    }

    package mutating func remove(_ name: HeaderName) {
        guard self.contains(name) else { return }
        self.replaceFields(self.fields.filter { $0.known != name })
    }

    private mutating func replaceFields(_ fields: [Field]) {
        self.fields = fields
        self.names = []
        for field in fields { self.names.insert(field.known) }
    }

    /// Writes `Name: value CRLF` for every field whose index `isWanted` accepts; see ``known(at:)``.
    package func write(to output: inout [UInt8], where isWanted: (Int) -> Bool = { _ in true }) {
        for index in self.fields.indices where isWanted(index) {
            let field = self.fields[index]
            output.append(contentsOf: self.storage.span.extracting(field.name))
            output.append(0x3A)
            if field.valueEnd > field.valueStart { output.append(0x20) }
            output.append(contentsOf: self.storage.span.extracting(field.value))
            output.append(0x0D)
            output.append(0x0A)
        }
    }

    /// The name of the field at `index`, as a number.
    package func known(at index: Int) -> HeaderName { self.fields[index].known }

    /// Whether the field at `index` has this name.
    package func matches(at index: Int, _ name: String) -> Bool {
        self.matches(self.fields[index], name)
    }

    /// Whether the name of the field at `index` starts with `prefix`, ignoring case.
    package func hasNamePrefix(at index: Int, _ prefix: String) -> Bool {
        let name = self.fields[index].name
        guard name.count >= prefix.utf8.count else { return false }
        var position = name.lowerBound
        for byte in prefix.utf8 {
            guard self.storage[position].lowercasedASCII == byte.lowercasedASCII else { return false }
            position += 1
        }
        return true
    }

    /// The fields whose index `isWanted` accepts.
    package func filtered(_ isWanted: (Int) -> Bool) -> HTTPHeaders {
        var filtered = self
        filtered.replaceFields(self.fields.indices.filter(isWanted).map { self.fields[$0] })
        return filtered
    }

    /// Whether the name of the field at `index` is a token, and its value has no line break.
    package func isValid(at index: Int) -> Bool {
        let field = self.fields[index]
        let token = ByteSet.token
        for position in field.name where !token.contains(self.storage[position]) { return false }
        for position in field.value where self.storage[position].breaksLine { return false }
        return field.nameEnd > field.nameStart
    }

    /// The name's bytes as received.
    package func nameBytes(at index: Int) -> ArraySlice<UInt8> {
        self.storage[self.fields[index].name]
    }

    /// The value's bytes as received.
    package func valueBytes(at index: Int) -> ArraySlice<UInt8> {
        self.storage[self.fields[index].value]
    }

    private func matches(_ field: Field, _ name: String) -> Bool { self.isEqual(field.name, name) }

    /// Ignores case.
    private func isEqual(_ range: Range<Int>, _ text: String) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var position = range.lowerBound
        for byte in text.utf8 {
            guard self.storage[position].lowercasedASCII == byte.lowercasedASCII else { return false }
            position &+= 1
        }
        return true
    }

    /// Decodes UTF-8; anything else is read as ISO 8859-1, the historical encoding of field values. Runs of combining
    /// marks are broken: anybody may send 64 KiB of them, which take a second to compare.
    private func text(_ range: Range<Int>) -> String {
        do {
            return StreamSafeText.of(String(copying: try UTF8Span(validating: self.storage.span.extracting(range))))
        } catch {
            return String(String.UnicodeScalarView(self.storage[range].map { Unicode.Scalar($0) }))
        }
    }
}

extension HTTPHeaders: RandomAccessCollection {
    package typealias Element = (name: String, value: String)

    package var startIndex: Int { 0 }
    package var endIndex: Int { self.fields.count }

    package subscript(position: Int) -> (name: String, value: String) {
        let field = self.fields[position]
        return (self.text(field.name), self.text(field.value))
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { self.append(name, value) }
    }
}

extension HTTPHeaders: Equatable {
    /// Compares fields in order, ignoring the case of names.
    package static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
        left.count == right.count
            && left.indices.allSatisfy { index in
                left.matches(at: index, right[index].name) && left.valueBytes(at: index) == right.valueBytes(at: index)
            }
    }
}

extension HTTPHeaders: CustomStringConvertible {
    package var description: String {
        self.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
    }
}

extension HTTPHeaders {
    /// The credential of `Authorization: Bearer …`, `b64token` of RFC 6750 §2.1; nil without the header, with another
    /// scheme or with other characters.
    package var bearerToken: String? {
        guard let authorization = self[.authorization] else { return nil }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].equalsIgnoringCase("bearer") else { return nil }
        let token = parts[1].drop { $0 == " " }
        let padding = token.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding < token.utf8.count, token.utf8.dropLast(padding).allSatisfy(Self.tokenBytes.contains) else {
            return nil
        }
        return String(token)
    }

    private static let tokenBytes = ByteSet("+/").union(.unreserved)
}
