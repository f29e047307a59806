import Testing

@testable import Proxy

@Suite("The proxy's settings")
struct ProxySettingsTests {
    @Test("it listens on loopback by default")
    func loopback() {
        #expect(ProxySettings().host == "127.0.0.1")
        #expect(ProxySettings().port == 8080)
    }
}
