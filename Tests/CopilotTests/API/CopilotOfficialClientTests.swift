import EventLoop
import Processes
import TestSupport
import Testing

/// Checks the stand-in with the client that OpenAI publishes, whose format the Copilot API uses.
@Suite("The official openai client against the loopback Copilot", .timeLimit(.minutes(1)))
struct CopilotOfficialClientTests {
    @Test("models, chats, responses, embeddings and refusals are as the official client expects them")
    func officialClient() async throws {
        let server = try await LoopbackCopilot.started(credits: 1) { $0 == "right" }
        server.enqueue(
            .echo, .toolCall(name: "f", arguments: #"{"a":1}"#),
            .refusal(
                status: 429, code: "rate_limited", message: "slow", retryAfter: "3"), .echo,
            .toolCall(name: "f", arguments: #"{"a":1}"#), .finish("cut", reason: "length"),
            .errorInStream(after: "half", message: "broken"))
        let result = try await PythonClients.models.run(["-c", Self.script, server.apiURL])
        await server.stop()
        expectEqual(result.status, .exited(0), "\(result.errorText)")
        expectEqual(result.text, "all passed\n")
    }

    private static let script = #"""
        import sys
        import openai
        from openai import OpenAI

        headers = {"Copilot-Integration-Id": "vscode-chat", "Editor-Version": "vscode/1.99.0"}
        options = dict(base_url=sys.argv[1], max_retries=0, timeout=20)
        client = OpenAI(api_key="right", default_headers=headers, **options)
        hello = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]

        def raises(kind, call):
            try:
                call()
            except kind as error:
                return error
            raise AssertionError(f"{kind} was not raised")

        listed = client.models.with_raw_response.list()
        names = [model.id for model in listed.parse().data if hasattr(model, "id")]
        assert "gpt-4.1" in names, names
        etag = listed.headers["etag"]
        same = raises(openai.APIStatusError, lambda: client.models.list(extra_headers={"If-None-Match": etag}))
        assert same.status_code == 304

        def stream(model="gpt-4.1"):
            text, finish, usage, tools, first = "", None, None, [], None
            for chunk in client.chat.completions.create(model=model, messages=hello, stream=True):
                first = first or chunk
                usage = chunk.usage or usage
                for choice in chunk.choices:
                    text += choice.delta.content or ""
                    tools += choice.delta.tool_calls or []
                    finish = choice.finish_reason or finish
            return text, finish, usage, tools, first

        text, finish, usage, _, first = stream()
        assert (text, finish) == ("You said: Hello", "stop") and usage.prompt_tokens > 5, (text, finish, usage)
        assert first.choices == [] and first.model_extra["prompt_filter_results"], first
        _, finish, _, tools, _ = stream()
        assert finish == "tool_calls" and "".join(t.function.arguments for t in tools) == '{"a":1}'
        limited = raises(openai.RateLimitError, stream)
        assert limited.code == "rate_limited" and limited.response.headers["retry-after"] == "3"

        def responses():
            text, calls, last = "", "", None
            for event in client.responses.create(model="gpt-5-codex", input="Hello", stream=True):
                if event.type == "response.output_text.delta":
                    text += event.delta
                if event.type == "response.function_call_arguments.delta":
                    calls += event.delta
                last = event
            return text, calls, last

        first_answer = client.responses.create(
            model="gpt-5-codex", input="Hello", extra_headers={"X-Initiator": "agent"})
        assert first_answer.output_text == "You said: Hello" and first_answer.usage.total_tokens > 0
        _, calls, last = responses()
        assert calls == '{"a":1}' and last.response.output[0].call_id.startswith("call_")
        refused = raises(openai.APIStatusError, responses)
        assert refused.status_code == 402 and refused.code == "quota_exceeded", refused

        agent = client.with_options(default_headers={"X-Initiator": "agent"})
        result = [*hello, {"role": "assistant", "content": None, "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "a", "content": "42"}]
        answered = agent.chat.completions.create(model="gpt-4.1", messages=result)
        assert answered.choices[0].message.content == "The tool said: 42"
        raises(openai.APIError, stream)

        vectors = client.embeddings.create(model="text-embedding-3-small", input=["a", "b"], encoding_format="float")
        assert [v.index for v in vectors.data] == [0, 1] and len(vectors.data[0].embedding) == 8

        def bad(kind, words, **change):
            error = raises(kind, lambda: client.chat.completions.create(
                **{"model": "gpt-4.1", "messages": hello, **change}))
            assert words in f"{error} {error.code} {error.response.text}", error

        bad(openai.BadRequestError, "model_not_supported", model="nobody")
        bad(openai.BadRequestError, "model_not_supported", model="claude-opus-4.5")
        bad(openai.BadRequestError, "unsupported_api_for_model", model="gpt-5-codex")
        bad(openai.BadRequestError, "max_completion_tokens", model="gpt-5-mini", max_tokens=5)
        bad(openai.BadRequestError, "exceeds the limit of 64000", messages=[
            {"role": "user", "content": "some words " * 50000}])
        bad(openai.BadRequestError, "must not be empty", messages=[])
        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
        bad(openai.BadRequestError, "Copilot-Vision-Request", messages=[{"role": "user", "content": [image]}])
        seeing = client.with_options(default_headers={"Copilot-Vision-Request": "true"})
        look = [{"role": "user", "content": [{"type": "text", "text": "Look"}, image]}]
        seen = seeing.chat.completions.create(model="gpt-4.1", messages=look)
        assert seen.choices[0].message.content == "You said: Look"
        blind = raises(openai.BadRequestError, lambda: seeing.chat.completions.create(
            model="gpt-5-mini", messages=look))
        assert "vision is not supported" in blind.response.text
        many = [{"role": "user", "content": [image, image]}]
        full = raises(openai.BadRequestError, lambda: seeing.chat.completions.create(model="gpt-4.1", messages=many))
        assert "at most 1 image(s)" in full.response.text
        bad(openai.APIStatusError, "request_too_large", messages=[{"role": "user", "content": "x" * 26_000_000}])
        bare = OpenAI(api_key="right", **options)
        assert "Copilot-Integration-Id" in raises(openai.BadRequestError, lambda: bare.models.list()).response.text
        half = OpenAI(api_key="right", default_headers={"Copilot-Integration-Id": "vscode-chat"}, **options)
        assert "Editor-Version" in raises(openai.BadRequestError, lambda: half.models.list()).response.text
        wrong = OpenAI(api_key="wrong", default_headers=headers, **options)
        assert "token expired" in raises(openai.AuthenticationError, lambda: wrong.models.list()).response.text
        print("all passed")
        """#
}
