/// A line to the server.
///
/// It cannot inject a second command or parameter: CR, LF and NUL are removed everywhere, spaces from all parameters
/// but the last.
package struct IRCOutgoingLine: Sendable, Equatable {
    /// Client tags and `label`; a value of nil or "" is written without `=`.
    package var tags: [(String, String?)]
    package var command: String
    /// Only the last one may contain spaces.
    package var parameters: [[UInt8]]
    /// Whether the last parameter gets a colon even if it does not need one, as texts do.
    package var hasText: Bool

    package init(
        _ command: String, _ parameters: String..., text: String? = nil, tags: [(String, String?)] = []
    ) {
        self.init(command, bytes: parameters.map { Array($0.utf8) } + (text.map { [Array($0.utf8)] } ?? []), tags: tags)
        self.hasText = text != nil
    }

    package init(
        _ command: String, bytes: [[UInt8]], hasText: Bool = false, tags: [(String, String?)] = []
    ) {
        self.command = command
        self.parameters = bytes
        self.hasText = hasText
        self.tags = tags
    }

    package static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

    /// The wire form with CR LF.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 + (self.parameters.last?.count ?? 0))
        if !self.tags.isEmpty {
            bytes.append(UInt8(ascii: "@"))
            Self.append(IRCTags.serialise(self.tags)[...], to: &bytes, keepsSpaces: false)
            bytes.append(UInt8(ascii: " "))
        }
        bytes.append(contentsOf: self.command.utf8)
        for (index, parameter) in self.parameters.enumerated() {
            let isLast = index == self.parameters.count - 1
            bytes.append(UInt8(ascii: " "))
            if isLast, self.hasText || Self.needsColon(parameter) { bytes.append(UInt8(ascii: ":")) }
            Self.append(parameter[...], to: &bytes, keepsSpaces: isLast)
        }
        bytes.append(contentsOf: [0x0D, 0x0A])
        return bytes
    }

    /// The wire form as text, for logs and tests, without the line break.
    package var text: String { IRCText.decode(self.bytes.dropLast(2)) }

    private static func needsColon(_ parameter: [UInt8]) -> Bool {
        parameter.isEmpty || parameter.first == UInt8(ascii: ":") || parameter.contains(UInt8(ascii: " "))
    }

    private static func append(_ part: ArraySlice<UInt8>, to bytes: inout [UInt8], keepsSpaces: Bool) {
        for byte in part {
            switch byte {
            case 0x00, 0x0A, 0x0D: continue
            case 0x20 where !keepsSpaces: continue
            default: bytes.append(byte)
            }
        }
    }
}
