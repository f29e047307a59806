extension Value {
    /// An entry of a jail's network: `NAME:PORT`, or `*.NAME:PORT` for its subdomains only; in lower case.
    func networkEntry() -> String? {
        guard let text = self.string()?.lowercased() else { return nil }
        guard !text.contains("/") else {
            return self.error("'\(text)' is an address of a page; write NAME:PORT, such as example.org:443")
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            return self.error(
                parts.count == 1
                    ? "the port is missing; write \(text):443"
                    : "'\(text)' is not NAME:PORT; IPv6 addresses are not supported, use a name")
        }
        guard let port = Int(parts[1]), (1...65_535).contains(port), parts[1].allSatisfy(\.isNumber) else {
            return self.error("'\(parts[1])' is not a port; use a number from 1 to 65535")
        }
        let isPattern = parts[0].hasPrefix("*.")
        let name = isPattern ? parts[0].dropFirst(2) : parts[0]
        guard !name.contains("*") else {
            return self.error("'*' stands only at the beginning, for all subdomains: *.example.org:443")
        }
        if let problem = Self.problem(name, isPattern: isPattern) { return self.error(problem) }
        return "\(isPattern ? "*." : "")\(name):\(port)"
    }

    /// The rules are those of the jail's proxy, so that what it refuses is found when the file is read.
    private static func problem(_ name: Substring, isPattern: Bool) -> String? {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName =
            name.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { byte in
                        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                    }
            }
        guard isName, let last = labels.last else {
            return "'\(name)' is not a host name; use letters, digits, '-' and '.', and xn-- for others"
        }
        let isNumeric = last.allSatisfy(\.isNumber) || last.hasPrefix("0x")
        guard isNumeric else { return nil }
        let isAddress = labels.count == 4 && labels.allSatisfy { UInt8($0).map(String.init) == String($0) }
        if isAddress, !isPattern { return nil }
        return "'\(name)' is not a host name; write an IPv4 address as four plain decimals, without '*.'"
    }
}
