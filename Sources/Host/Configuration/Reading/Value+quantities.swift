internal import EventLoop
internal import HTTP

extension Value {
    /// A duration with its unit: `500ms`, `30s`, `10m`, `1h30m`, `2d`.
    func duration(from least: Duration = .zero, to most: Duration = .seconds(366 * 86_400)) -> Duration? {
        guard let text = self.text else {
            return self.error("expected a duration such as 30s, found \(self.kind)")
        }
        guard let duration = Quantity.duration(text) else {
            return self.error("'\(text)' is not a duration; write 500ms, 30s, 10m, 2h or 1d")
        }
        guard (least...most).contains(duration) else {
            return self.error(
                "\(text) is out of range; use a duration from \(Quantity.text(least)) to \(Quantity.text(most))")
        }
        return duration
    }

    /// How long something is kept: a duration of at least an hour, or `forever`, which is an inner nil.
    func lifetime() -> Duration?? {
        let most = Duration.seconds(36_525 * 86_400)
        guard let text = self.text, text == "forever" || Quantity.duration(text) != nil else {
            let found = self.text.map { "'\($0)'" } ?? self.kind
            return self.error("expected a lifetime such as 12h, 30d or forever, found \(found)")
        }
        if text == "forever" { return .some(nil) }
        return self.duration(from: .seconds(3_600), to: most).map { $0 }
    }

    /// A size with its unit, in bytes: `512MiB`, `64KB`.
    func size(atLeast least: Int = 1, atMost most: Int = .max) -> Int? {
        guard let text = self.text else {
            return self.error("expected a size such as 64MiB, found \(self.kind)")
        }
        guard let size = Quantity.size(text) else {
            return self.error("'\(text)' is not a size; write 64KiB, 512MiB or 1GiB")
        }
        if size < least { return self.error("\(text) is too small; use at least \(Quantity.size(of: least))") }
        return size <= most ? size : self.error("\(text) is too large; use at most \(Quantity.size(of: most))")
    }

    func url(schemes: [String] = ["https", "http"]) -> HTTPURL? {
        guard let text = self.string() else { return nil }
        do {
            let url = try HTTPURL(text)
            guard schemes.contains(url.scheme) else {
                return self.error("the URL must begin with \(schemes.map { "\($0)://" }.joined(separator: " or "))")
            }
            return url
        } catch  where error.code == .scheme {
            return self.error("the URL must begin with \(schemes.map { "\($0)://" }.joined(separator: " or "))")
        } catch {
            return self.error(error.message)  // without the text: a URL may contain a password
        }
    }

    /// A port from an environment variable; 0 lets the system choose.
    func port() -> Int? {
        guard let text = self.string() else { return nil }
        guard let port = Int(text), (0...65_535).contains(port) else {
            return self.error("expected a port: a number from 0 to 65535")
        }
        return port
    }

    /// `host:port` or `[v6]:port`; the port is optional if there is a default.
    func address(defaultPort: Int? = nil) -> HostPort? {
        guard let text = self.string() else { return nil }
        switch HostPort.parse(text, defaultPort: defaultPort) {
        case .success(let address): return address
        case .failure(let failure): return self.error(failure.message)
        }
    }

    /// Where to listen: an address of this machine and a port. Names are not resolved.
    func listenAddress() -> HostPort? {
        guard let address = self.address() else { return nil }
        guard address.host == "localhost" || SocketAddress(host: address.host, port: 0) != nil else {
            return self.error(
                "'\(address.host)' is a name; write an address of this machine, such as 127.0.0.1:\(address.port), or "
                    + "0.0.0.0:\(address.port) for all of them")
        }
        return address
    }

    /// An absolute path; see ``Reading/absolutePath(_:)``.
    func filePath() -> String? { self.string().map(self.reading.absolutePath) }

    /// The absolute path of a readable file in PEM's text form.
    ///
    /// - Parameter label: what it must contain, as in `-----BEGIN CERTIFICATE-----` (RFC 7468, section 2); other words
    ///   may come before it.
    func pemFile(_ label: String = "CERTIFICATE") -> String? {
        guard let path = self.filePath() else { return nil }
        do throws(FileReader.Failure) {
            let lines = try FileReader.read(path, limit: 1 << 20).bytes.split { $0 == 0x0A || $0 == 0x0D }
            let isPEM = lines.contains { line in
                line.starts(with: "-----BEGIN ".utf8) && String(decoding: line, as: UTF8.self).contains("\(label)-----")
            }
            return isPEM ? path : self.error("\(path): expected a PEM file, with a line -----BEGIN \(label)-----")
        } catch {
            return self.error("\(path): \(error.reason)")
        }
    }
}
