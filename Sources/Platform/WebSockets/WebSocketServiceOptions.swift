internal import CWebSockets

struct WebSocketServiceOptions: Sendable {
    var isClient = false
    var hasCompression = false
    /// Time limit in whole seconds for connecting, and again for the handshake.
    var timeout = 10
    /// PEM file of certificate authorities; replaces the system's.
    var caFile: String?

    func withCOptions<Result>(_ body: (UnsafePointer<cws_options>) -> Result) -> Result {
        var options = unsafe cws_options()
        unsafe options.is_client = self.isClient ? 1 : 0
        unsafe options.has_deflate = self.hasCompression ? 1 : 0
        unsafe options.timeout = Int32(self.timeout)
        unsafe options.receive_size = self.isClient ? 4096 : 1024
        guard let caFile = self.caFile else { return unsafe body(&options) }
        return unsafe caFile.withCString { path in
            unsafe options.ca_file = path
            return unsafe body(&options)
        }
    }
}
