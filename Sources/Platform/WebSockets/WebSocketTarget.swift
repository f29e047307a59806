internal import CWebSockets
internal import HTTP

/// A client's destination and its handshake options.
struct WebSocketTarget: Sendable {
    let url: HTTPURL
    var headers = HTTPHeaders()
    var subprotocols: [String] = []

    /// Throws for what libwebsockets 4.1.6 would send cut off: it gives `Host` 127 bytes with its line's end, and 4 KiB to all
    /// that is here (`lws_generate_client_handshake`, `lws_hdr_simple_create`).
    func check() throws(WebSocketError) {
        for (what, count, limit) in [
            ("path", self.url.target.utf8.count, WebSocketClient.pathLimit),
            ("host", self.url.authority.utf8.count, 127 - "Host: \r\n".utf8.count),
            ("list of subprotocols", self.subprotocols.joined(separator: ",").utf8.count, 1_024),
        ] where count > limit {
            throw WebSocketError(
                .connect,
                "the WebSocket can't be opened: its \(what) has \(count) bytes, too long for the limit of \(limit)")
        }
    }

    func withCTarget<Result>(_ body: (UnsafePointer<cws_target>) -> Result) -> Result {
        let texts = [
            self.url.host, self.url.authority, self.url.target, self.subprotocols.joined(separator: ","),
        ].map { Array($0.utf8CString) }
        return unsafe texts[0].withUnsafeBufferPointer { address in
            unsafe texts[1].withUnsafeBufferPointer { host in
                unsafe texts[2].withUnsafeBufferPointer { path in
                    unsafe texts[3].withUnsafeBufferPointer { names in
                        guard let address = address.baseAddress, let host = host.baseAddress,
                            let path = path.baseAddress
                        else { preconditionFailure("a C string is never empty") }
                        var target = unsafe cws_target(
                            address: address, host: host, path: path,
                            subprotocols: self.subprotocols.isEmpty ? nil : names.baseAddress,
                            port: Int32(self.url.effectivePort), is_secure: self.url.isSecure ? 1 : 0)
                        return unsafe body(&target)
                    }
                }
            }
        }
    }
}

struct WebSocketServiceOptions: Sendable {
    var isClient = false
    /// Time limit in whole seconds for connecting, and again for the handshake.
    var timeout = 10
    /// PEM file of certificate authorities; replaces the system's.
    var caFile: String?

    func withCOptions<Result>(_ body: (UnsafePointer<cws_options>) -> Result) -> Result {
        var options = unsafe cws_options()
        unsafe options.is_client = self.isClient ? 1 : 0
        unsafe options.timeout = Int32(self.timeout)
        unsafe options.receive_size = self.isClient ? 4096 : 1024
        guard let caFile = self.caFile else { return unsafe body(&options) }
        return unsafe caFile.withCString { path in
            unsafe options.ca_file = path
            return unsafe body(&options)
        }
    }
}
