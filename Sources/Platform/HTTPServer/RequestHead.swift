package import HTTP

/// Request line and header fields of one request, checked.
package struct RequestHead: Sendable {
    package let method: HTTPMethod
    /// The request target as it came: origin-form, absolute-form, authority-form (CONNECT) or `*`.
    package let target: String
    /// The minor version: 0 or 1.
    package let minorVersion: Int
    package let headers: HTTPHeaders
    package let framing: BodyFraming
    /// Whether the client waits for `100 Continue` before it sends the body.
    package let expectsContinue: Bool
    /// Whether the client wants the connection to stay open.
    package let keepsAlive: Bool
    /// Whether `Connection` names `upgrade` and an `Upgrade` header is there.
    package let wantsUpgrade: Bool
    /// How many bytes of an absolute-form target come before its path.
    let pathOffset: Int

    /// The bytes of the head as they came, with the empty line.
    package var rawBytes: [UInt8] { self.headers.rawBytes }

    /// The target's path, still percent-encoded. `/` where an absolute-form target has none; `*` and an authority stay
    /// what they are.
    package var path: Substring {
        let bytes = self.target.utf8
        let start = bytes.index(bytes.startIndex, offsetBy: self.pathOffset)
        let end = bytes[start...].firstIndex(of: 0x3F) ?? bytes.endIndex
        return start == end ? "/" : self.target[start..<end]
    }

    /// What follows the first `?` of the target.
    package var query: Substring? {
        let bytes = self.target.utf8
        guard let mark = bytes.firstIndex(of: 0x3F) else { return nil }
        return self.target[bytes.index(after: mark)...]
    }
}
