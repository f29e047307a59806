internal import Jail

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
        // The names are those of the jail's proxy, so that what it refuses is found when the file is read.
        guard let known = NetworkName(name), !isPattern || known.address == nil else {
            // With another end it would be a name, so that the end makes it a number.
            let isNumber = NetworkName("\(name).a") != nil
            return self.error(
                isNumber
                    ? "'\(name)' is not a host name; write an IPv4 address as four plain decimals, without '*.'"
                    : "'\(name)' is not a host name; use letters, digits, '-' and '.', and xn-- for others")
        }
        return "\(isPattern ? "*." : "")\(name):\(port)"
    }
}
