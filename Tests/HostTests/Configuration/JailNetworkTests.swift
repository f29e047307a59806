import Host
import TestSupport
import Testing

@Suite("Configuration: what a jail may reach")
struct JailNetworkTests {
    private func loadEntry(_ text: String) -> LoadedConfiguration {
        load("jail: {network: {mode: allowlist, allow: [\"\(text)\"]}}")
    }

    @Test(
        "a name or a pattern, with a port",
        arguments: [
            ("pypi.org:443", "pypi.org:443"), ("*.example.org:8443", "*.example.org:8443"),
            ("Example.ORG:80", "example.org:80"), ("localhost:1", "localhost:1"), ("a-b.c1:65535", "a-b.c1:65535"),
            ("xn--bcher-kva.example:443", "xn--bcher-kva.example:443"), ("93.184.216.34:443", "93.184.216.34:443"),
        ])
    func entries(_ text: String, _ entry: String) throws {
        let loaded = self.loadEntry(text)
        expectEqual(loaded.issues, [])
        try expectEqual(#require(loaded.configuration).jail.network.allow, [entry])
    }

    @Test(
        "anything else is an error that says what to write",
        arguments: [
            ("pypi.org", "write pypi.org:443"), ("https://pypi.org", "write NAME:PORT"),
            ("pypi.org:443/simple", "write NAME:PORT"), ("pypi.org:0", "from 1 to 65535"),
            ("pypi.org:65536", "from 1 to 65535"), ("pypi.org:https", "from 1 to 65535"),
            ("pypi.org:+80", "from 1 to 65535"), ("pypi.org:", "from 1 to 65535"), (":443", "not a host name"),
            ("*:443", "all subdomains"), ("*.:443", "not a host name"), ("*.*.org:443", "all subdomains"),
            ("a.*.org:443", "all subdomains"), ("*example.org:443", "all subdomains"),
            ("[2001:db8::1]:443", "not NAME:PORT"), ("b\u{fc}cher.example:443", "not a host name"),
            ("a..b:443", "not a host name"), ("a.b.:443", "not a host name"), ("-a.b:443", "not a host name"),
            ("a_b.c:443", "not a host name"), ("a b:443", "not a host name"), ("a%25b:443", "not a host name"),
            ("user@host:443", "not a host name"), ("127.1:443", "four plain decimals"),
            ("0x7f.1:443", "four plain decimals"), ("2130706433:443", "four plain decimals"),
            ("0177.0.0.1:443", "four plain decimals"), ("1.2.3.256:443", "four plain decimals"),
            ("a.0x7f:443", "four plain decimals"), ("*.1.2.3.4:443", "four plain decimals"),
        ])
    func mistakes(_ text: String, _ part: String) {
        let loaded = self.loadEntry(text)
        #expect(loaded.configuration == nil)
        expectEqual(loaded.errors.count, 1)
        #expect("\(loaded.errors)".contains(part) && "\(loaded.errors)".contains("jail.network.allow[0]"))
    }

    @Test("the profiles are valid, and the strict one reaches nothing")
    func profiles() throws {
        let strict = try #require(ConfigurationTemplate.named("jail-strict"))
        let jail = try #require(load(strict.text).configuration).jail
        #expect(jail.network.mode == .none && jail.perUser == 1 && jail.limits.memory == 256 << 20)
        let packages = try #require(ConfigurationTemplate.named("jail-packages"))
        let network = try #require(load(packages.text).configuration).jail.network
        expectEqual(network.mode, .allowlist)
        #expect(Set(network.allow).isSuperset(of: ["pypi.org:443", "registry.npmjs.org:443", "deb.debian.org:80"]))
    }
}
