package import Chat
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Logging
internal import Primitives

/// Files, both ways.
extension SlackAdapter {
    // MARK: In

    package func download(
        _ attachment: Attachment, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        do {
            let answer = try await self.call(.fileInfo, ["file": .string(attachment.id)])
            let file = answer["file"]
            guard let text = file?["url_private_download"]?.stringValue ?? file?["url_private"]?.stringValue,
                let url = try? HTTPURL(text)
            else { throw SlackFailure("file_not_found", "Slack has no content of the file \(attachment.id)") }
            let isPage = file?["mimetype"]?.stringValue == "text/html"
            try await self.fetch(url, isPage: isPage, to: write)
        } catch {
            throw Self.adapterError(error)
        }
    }

    private func fetch(
        _ url: HTTPURL, isPage: Bool, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var url = url
        for _ in 0..<4 {
            // The token goes to Slack and to nobody else.
            guard self.isOwnHost(url) else {
                throw SlackFailure(
                    "file_not_found", "the file lies at \(url.host), which is not Slack's; it is not fetched")
            }
            let request = HTTPClientRequest(
                .get, url, headers: ["Authorization": "Bearer \(self.settings.botToken.reveal())"])
            let response = try await self.execute(request, "the file")
            if response.status.isRedirect, let target = response.headers["location"] {
                url = try url.resolving(target)
                continue
            }
            guard response.status.isSuccess else {
                throw SlackFailure("http_\(response.status.code)", "Slack answered \(response.status) for the file")
            }
            // Without the scope, Slack answers with its sign-in page, and 200.
            if !isPage, response.headers["content-type"]?.lowercased().hasPrefix("text/html") == true {
                throw SlackFailure(
                    "missing_scope",
                    "Slack shows its sign-in page instead of the file: the app lacks files:read; add it under OAuth & Permissions and install the app again"
                )
            }
            for try await bytes in response.body { try await write(bytes) }
            return
        }
        throw SlackFailure("file_not_found", "the file is behind too many redirections")
    }

    func isOwnHost(_ url: HTTPURL) -> Bool {
        let api = self.settings.apiURL
        if url.host == api.host, url.effectivePort == api.effectivePort || !api.isLoopback {
            return url.isSecure || api.isLoopback
        }
        return url.isSecure && (url.host == "slack.com" || url.host.hasSuffix(".slack.com"))
    }

    // MARK: Out

    @discardableResult package func upload(_ file: OutgoingFile) async throws -> MessageReference {
        do {
            // After an unknown outcome the file may stand there already.
            if let known = self.state.withLock({ $0.uploads[file.token] }),
                let ts = try await self.share(of: known, in: file.route.room.name, tries: 1)
            {
                return MessageReference(room: file.route.room, id: ts)
            }
            let id = try await self.send(file)
            let ts = try await self.share(of: id, in: file.route.room.name, tries: 7)
            guard let ts else {
                throw AdapterError(
                    .timedOut, "Slack took the file \(file.name), but shows it nowhere yet", isCertain: false)
            }
            self.state.withLock { _ = $0.uploads.removeValue(forKey: file.token) }
            return MessageReference(room: file.route.room, id: ts)
        } catch {
            throw Self.adapterError(error)
        }
    }

    /// The three steps: an address, the bytes, the place.
    private func send(_ file: OutgoingFile) async throws -> String {
        let place = try await self.call(
            .uploadURL, ["filename": .string(file.name), "length": .integer(Int64(file.bytes.count))])
        guard let text = place["upload_url"]?.stringValue, let url = try? HTTPURL(text),
            let id = place["file_id"]?.stringValue, SlackReader.isID(id), self.isOwnHost(url)
        else { throw SlackFailure("http_200", "Slack named no address of its own for the upload") }
        var request = HTTPClientRequest(
            .post, url, headers: ["Content-Type": file.mediaType], body: .bytes(file.bytes))
        request.totalTimeout = .seconds(600)
        let response = try await self.execute(request, "the upload")
        _ = try await response.body.collect(upTo: 65_536)
        guard response.status.isSuccess else {
            throw SlackFailure("http_\(response.status.code)", "Slack answered \(response.status) to the upload")
        }
        self.state.withLock { state in
            if state.uploads.count >= Self.listLimit { state.uploads = [:] }
            state.uploads[file.token] = id
        }
        var arguments: JSONObject = [
            "files": [["id": .string(id), "title": .string(file.name)]], "channel_id": .string(file.route.room.name),
        ]
        if let anchor = file.route.anchor { arguments["thread_ts"] = .string(anchor) }
        if !file.caption.isEmpty {
            arguments["initial_comment"] = .string(SlackMarkup.escaped(SlackBlocks.cut(file.caption, limit: 3_000)))
        }
        try await self.call(.completeUpload, arguments, channel: file.route.room.name)
        return id
    }

    /// The message that a file stands in. Sharing goes on after the answer, so it is asked for a few times.
    private func share(of id: String, in channel: String, tries: Int) async throws -> String? {
        for attempt in 0..<tries {
            let answer = try await self.call(.fileInfo, ["file": .string(id)])
            for kind in ["public", "private"] {
                let places = answer["file"]?["shares"]?[kind]?[channel]?.arrayValue ?? []
                if let ts = places.compactMap({ SlackReader.timestamp($0["ts"]) }).last { return ts }
            }
            if attempt + 1 < tries { try await Task.sleep(for: .milliseconds(250 << attempt)) }
        }
        return nil
    }

    private func execute(_ request: HTTPClientRequest, _ what: String) async throws -> HTTPClientResponse {
        do {
            return try await self.client.execute(request)
        } catch let error as HTTPClientError {
            throw SlackFailure(method: what, error)
        }
    }
}
