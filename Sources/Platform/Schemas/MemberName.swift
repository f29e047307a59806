/// Names of members: `threadID` in Swift is `thread_id` in JSON and `threadId` in GraphQL.
package enum MemberName {
    /// The JSON name. Several capitals in a row are one word.
    package static func json(_ name: String) -> String {
        // GraphQL over HTTP and the Push API name them so.
        guard Self.hasCapital(name.utf8Span.span), !["operationName", "expirationTime"].contains(name) else {
            return name
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(name.utf8.count + 4)
        var isAfterCapital = true
        for byte in name.utf8 {
            guard Self.isCapital(byte) else {
                bytes.append(byte)
                isAfterCapital = false
                continue
            }
            if !isAfterCapital { bytes.append(UInt8(ascii: "_")) }
            bytes.append(byte | 0x20)
            isAfterCapital = true
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `threadId` for `thread_id`.
    package static func camel(_ json: String) -> String {
        let words = json.split(separator: "_")
        return (words.first ?? "") + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// A loop, because names of members are a tenth of what writing a list takes.
    private static func hasCapital(_ name: Span<UInt8>) -> Bool {
        for index in name.indices where Self.isCapital(name[index]) { return true }
        return false
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
}
