package import JSON

extension JSON {
    /// The form that Matrix signs and hashes (specification, appendix "Canonical JSON"): members sorted by code points, no
    /// space, the fewest escapes. It differs from RFC 8785 in the order of keys beyond the basic plane.
    ///
    /// Fractions have no such form. They are written as short as possible, so a signature over them is still one over a
    /// text that the signer wrote.
    package var matrixCanonicalBytes: [UInt8] {
        var output: [UInt8] = []
        self.appendMatrixCanonical(to: &output)
        return output
    }

    private func appendMatrixCanonical(to output: inout [UInt8]) {
        switch self {
        case .array(let array):
            output.append(UInt8(ascii: "["))
            for (index, value) in array.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.appendMatrixCanonical(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            // UTF-8 sorts like code points. Swift's own order of strings is that of their normalised forms.
            let members = object.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                output += JSON.string(member.key).canonicalBytes
                output.append(UInt8(ascii: ":"))
                member.value.appendMatrixCanonical(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        // RFC 8785 would round what is beyond 2^53.
        case .integer(let number): output += Array(String(number).utf8)
        case .number(let number):
            output += Int64(exactly: number).map { Array(String($0).utf8) } ?? self.canonicalBytes
        case .null, .bool, .string: output += self.canonicalBytes
        }
    }
}
