internal import JSON

/// Checks blocks as Slack does: known types, counts and text lengths.
struct SlackBlockCheck {
    /// The maximum length of the whole list as JSON, as operators have measured it.
    static let payloadLimit = 13_200
    static let countLimit = 50

    private var messages: [String] = []
    private var markdown = 0
    private var tables = 0
    private var blockIDs: Set<String> = []
    private let isMessage: Bool

    private init(isMessage: Bool) {
        self.isMessage = isMessage
    }

    /// The blocks, if they are valid.
    static func checked(
        _ blocks: JSON, limit: Int = Self.countLimit, isMessage: Bool = true
    ) throws(SlackRefusal) -> [JSON] {
        guard let list = blocks.arrayValue else { throw SlackRefusal("invalid_blocks_format") }
        guard list.count <= limit else {
            throw SlackRefusal(
                "invalid_blocks", messages: ["no more than \(limit) items allowed [json-pointer:/blocks]"])
        }
        var check = SlackBlockCheck(isMessage: isMessage)
        for (index, block) in list.enumerated() { check.block(block, "/blocks/\(index)") }
        guard check.messages.isEmpty else { throw SlackRefusal("invalid_blocks", messages: check.messages) }
        guard check.markdown <= SlackState.markdownLimit else { throw SlackRefusal("msg_too_long") }
        if isMessage, blocks.text.utf16.count > Self.payloadLimit { throw SlackRefusal("msg_blocks_too_long") }
        return list
    }

    // MARK: Blocks

    private mutating func block(_ block: JSON, _ path: String) {
        guard let object = block.objectValue, let type = object["type"]?.stringValue else {
            return self.say("missing required field: type [json-pointer:\(path)]")
        }
        if let id = object["block_id"]?.stringValue {
            self.check(id, atMost: 255, "\(path)/block_id")
            if type != "markdown", !self.blockIDs.insert(id).inserted {
                self.say("block_id already exists: \(id) [json-pointer:\(path)/block_id]")
            }
        }
        switch type {
        case "section": self.section(object, path)
        case "markdown":
            guard let text = object["text"]?.stringValue else { return self.miss("text", path) }
            if text.isEmpty { self.say("must be more than 0 characters [json-pointer:\(path)/text]") }
            self.markdown += text.utf16.count
            if !self.isMessage { self.say("unsupported type: markdown [json-pointer:\(path)/type]") }
        case "actions": self.actions(object, path)
        case "context": self.context(object, path)
        case "header":
            self.text(object["text"], "\(path)/text", atMost: 150, types: ["plain_text"])
        case "image":
            for name in ["alt_text"] where object[name]?.stringValue == nil { self.miss(name, path) }
            if object["image_url"]?.stringValue == nil, object["slack_file"] == nil { self.miss("image_url", path) }
            self.check(object["image_url"]?.stringValue ?? "", atMost: 3_000, "\(path)/image_url")
        case "input":
            self.text(object["label"], "\(path)/label", atMost: 2_000, types: ["plain_text"])
            if let element = object["element"] {
                self.element(element, "\(path)/element")
            } else {
                self.miss("element", path)
            }
        case "table": self.table(object, path)
        case "rich_text":
            guard let elements = object["elements"]?.arrayValue else { return self.miss("elements", path) }
            for (index, element) in elements.enumerated() { self.richText(element, "\(path)/elements/\(index)") }
        case "divider", "file", "video", "context_actions", "plan", "task_card": break
        default: self.say("unsupported type: \(type) [json-pointer:\(path)/type]")
        }
    }

    private static let richTextTypes: Set<String> = [
        "rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote",
    ]
    private static let inlineTypes: Set<String> = [
        "text", "link", "emoji", "user", "usergroup", "channel", "broadcast", "date", "color", "team",
    ]

    private mutating func richText(_ element: JSON, _ path: String) {
        guard let type = element["type"]?.stringValue, Self.richTextTypes.contains(type) else {
            return self.say("unsupported type [json-pointer:\(path)/type]")
        }
        guard let children = element["elements"]?.arrayValue else { return self.miss("elements", path) }
        for (index, child) in children.enumerated() {
            let childPath = "\(path)/elements/\(index)"
            guard type != "rich_text_list" else {
                self.richText(child, childPath)
                continue
            }
            guard let kind = child["type"]?.stringValue, Self.inlineTypes.contains(kind) else {
                self.say("unsupported type [json-pointer:\(childPath)/type]")
                continue
            }
            if type == "rich_text_preformatted", kind != "text", kind != "link" {
                self.say("unsupported type: \(kind) [json-pointer:\(childPath)/type]")
            }
            if kind == "text", child["text"]?.stringValue?.isEmpty != false { self.miss("text", childPath) }
            if kind == "link", child["url"]?.stringValue?.isEmpty != false { self.miss("url", childPath) }
        }
    }

    private mutating func section(_ object: JSONObject, _ path: String) {
        let fields = object["fields"]?.arrayValue
        if object["text"] == nil, fields == nil { self.miss("text", path) }
        if let text = object["text"] { self.text(text, "\(path)/text", atMost: 3_000) }
        if let fields {
            if fields.count > 10 { self.say("no more than 10 items allowed [json-pointer:\(path)/fields]") }
            for (index, field) in fields.enumerated() {
                self.text(field, "\(path)/fields/\(index)", atMost: 2_000)
            }
        }
        if let accessory = object["accessory"] { self.element(accessory, "\(path)/accessory") }
    }

    private mutating func actions(_ object: JSONObject, _ path: String) {
        guard let elements = object["elements"]?.arrayValue else { return self.miss("elements", path) }
        if elements.isEmpty { self.say("no fewer than 1 items allowed [json-pointer:\(path)/elements]") }
        if elements.count > 25 { self.say("no more than 25 items allowed [json-pointer:\(path)/elements]") }
        var actionIDs: Set<String> = []
        for (index, element) in elements.enumerated() {
            self.element(element, "\(path)/elements/\(index)")
            guard let id = element["action_id"]?.stringValue, !actionIDs.insert(id).inserted else { continue }
            self.say("`action_id` `\(id)` already exists [json-pointer:\(path)/elements/\(index)/action_id]")
        }
    }

    private mutating func context(_ object: JSONObject, _ path: String) {
        guard let elements = object["elements"]?.arrayValue else { return self.miss("elements", path) }
        if elements.count > 10 { self.say("no more than 10 items allowed [json-pointer:\(path)/elements]") }
        for (index, element) in elements.enumerated() where element["type"] != "image" {
            self.text(element, "\(path)/elements/\(index)", atMost: 3_000)
        }
    }

    private mutating func table(_ object: JSONObject, _ path: String) {
        self.tables += 1
        if self.tables > 1 { self.say("only one table is allowed [json-pointer:\(path)]") }
        guard let rows = object["rows"]?.arrayValue else { return self.miss("rows", path) }
        if rows.count > 100 { self.say("no more than 100 items allowed [json-pointer:\(path)/rows]") }
        if rows.contains(where: { ($0.arrayValue?.count ?? 0) > 20 }) {
            self.say("no more than 20 items allowed [json-pointer:\(path)/rows]")
        }
    }

    // MARK: Elements

    private mutating func element(_ element: JSON, _ path: String) {
        guard let type = element["type"]?.stringValue else { return self.miss("type", path) }
        if let id = element["action_id"]?.stringValue { self.check(id, atMost: 255, "\(path)/action_id") }
        if let confirm = element["confirm"] { self.confirm(confirm, "\(path)/confirm") }
        guard type == "button" else {
            if element["options"]?.arrayValue.map({ $0.count > 100 }) ?? false {
                self.say("no more than 100 items allowed [json-pointer:\(path)/options]")
            }
            return
        }
        self.text(element["text"], "\(path)/text", atMost: 75, types: ["plain_text"])
        if let value = element["value"] {
            guard let value = value.stringValue else {
                return self.say("must be a string [json-pointer:\(path)/value]")
            }
            self.check(value, atMost: 2_000, "\(path)/value")
        }
        if let url = element["url"]?.stringValue { self.check(url, atMost: 3_000, "\(path)/url") }
        if let style = element["style"], !["primary", "danger"].contains(style.stringValue) {
            self.say("must be a valid enum value [json-pointer:\(path)/style]")
        }
    }

    private mutating func confirm(_ confirm: JSON, _ path: String) {
        self.text(confirm["title"], "\(path)/title", atMost: 100, types: ["plain_text"])
        self.text(confirm["text"], "\(path)/text", atMost: 300)
        self.text(confirm["confirm"], "\(path)/confirm", atMost: 30, types: ["plain_text"])
        self.text(confirm["deny"], "\(path)/deny", atMost: 30, types: ["plain_text"])
    }

    private mutating func text(
        _ text: JSON?, _ path: String, atMost limit: Int, types: [String] = ["plain_text", "mrkdwn"]
    ) {
        guard let text else {
            return self.say("missing required field: \(path.split(separator: "/").last ?? "") [json-pointer:\(path)]")
        }
        guard let type = text["type"]?.stringValue, types.contains(type) else {
            return self.say("must be one of \(types.joined(separator: ", ")) [json-pointer:\(path)/type]")
        }
        guard let value = text["text"]?.stringValue else { return self.miss("text", path) }
        if value.isEmpty { self.say("must be more than 0 characters [json-pointer:\(path)/text]") }
        self.check(value, atMost: limit, "\(path)/text")
    }

    private mutating func check(_ text: String, atMost limit: Int, _ path: String) {
        guard text.utf16.count > limit else { return }
        self.say("must be less than \(limit + 1) characters [json-pointer:\(path)]")
    }

    private mutating func miss(_ field: String, _ path: String) {
        self.say("missing required field: \(field) [json-pointer:\(path)]")
    }

    private mutating func say(_ message: String) {
        if self.messages.count < 20 { self.messages.append(message) }
    }
}
