import Testing

@testable import HTTP

@Suite("Requests of pages")
struct PagePolicyTests {
    @Test(
        "on loopback only loopback and the given names are the server's own",
        arguments: [
            ("127.0.0.1:8080", true), ("localhost", true), ("LOCALHOST:3000", true), ("[::1]:8080", true),
            ("127.8.9.1", true), ("localhost.", true), ("x.localhost", true), ("bot.example", true),
            ("bot.example:8443", true), ("Bot.Example.", true), (nil, true), ("evil.example", false),
            ("bot.example.evil", false), ("evilbot.example", false), ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false), ("127.0.0.256", false), ("10.0.0.5:8080", false), ("0.0.0.0", false),
            ("[fe80::1]", false), ("", false), ("a b", false),
        ] as [(String?, Bool)])
    func loopback(host: String?, isOwn: Bool) {
        let policy = PagePolicy(listen: "127.0.0.1", names: ["bot.example"])
        var headers = HTTPHeaders()
        headers["host"] = host
        #expect(policy.refusal(of: headers) == (isOwn ? nil : .host(host ?? "")))
    }

    @Test(
        "beyond loopback any address is the server's own, but no other name",
        arguments: [
            ("10.0.0.5:8080", true), ("[fe80::1]:1", true), ("0.0.0.0", true), ("localhost", true),
            ("evil.example", false), ("10.0.0.5.evil.example", false), ("10.0.0", false),
        ])
    func everyAddress(host: String, isOwn: Bool) {
        #expect((PagePolicy(listen: "0.0.0.0").foreignHost(of: ["Host": host]) == nil) == isOwn)
    }

    @Test(
        "a page of another site, or of another port of this machine, is recognised",
        arguments: [(nil, false), ("none", false), ("same-origin", false), ("same-site", true), ("cross-site", true)]
            as [(String?, Bool)])
    func site(site: String?, isForeign: Bool) {
        var headers: HTTPHeaders = ["Host": "localhost:8080"]
        headers["sec-fetch-site"] = site
        #expect(PagePolicy(listen: "127.0.0.1").refusal(of: headers) == (isForeign ? .site : nil))
    }
}
