/* SPDX-License-Identifier: MIT */
#include "serve/api/snippet_text.h"

static const char node[] =
    "// Node 18 or later. Save it as run.mjs.\n"
    "const answer = await fetch(\"{{URL}}\", {\n"
    "  method: \"POST\",\n"
    "  headers: { \"authorization\": `Bearer ${{{KEY}}}`, \"content-type\": \"application/json\" },\n"
    "  body: {{JAVASCRIPT_BODY}},\n"
    "});\n"
    "console.log(await answer.text());\n"
    "if (!answer.ok) process.exitCode = 1;\n";

static const char python[] =
    "# Python 3, standard library only.\n"
    "import os\n"
    "import sys\n"
    "import urllib.error\n"
    "import urllib.request\n"
    "\n"
    "request = urllib.request.Request(\n"
    "    \"{{URL}}\",\n"
    "    method=\"POST\",\n"
    "    headers={\"Authorization\": \"Bearer \" + {{KEY}}, \"Content-Type\": \"application/json\"},\n"
    "    data=r'{{BODY}}'.encode(),\n"
    ")\n"
    "try:\n"
    "    with urllib.request.urlopen(request) as answer:\n"
    "        print(answer.read().decode())\n"
    "except urllib.error.HTTPError as error:\n"
    "    print(error.read().decode())\n"
    "    sys.exit(1)\n";

static const char curl[] = "curl --silent --show-error --fail-with-body -X POST '{{URL}}' \\\n"
                           "  -H \"Authorization: Bearer {{KEY}}\" \\\n"
                           "  -H 'Content-Type: application/json' \\\n"
                           "  -d '{{BODY}}'\n";

static const char php[] =
    "<?php\n"
    "$context = stream_context_create(['http' => [\n"
    "    'method' => 'POST',\n"
    "    'header' => ['Authorization: Bearer ' . {{KEY}}, 'Content-Type: application/json'],\n"
    "    'content' => '{{BODY}}',\n"
    "    'ignore_errors' => true,\n"
    "]]);\n"
    "$answer = file_get_contents('{{URL}}', false, $context);\n"
    "echo $answer, \"\\n\";\n"
    "exit(preg_match('/ 2\\d\\d /', $http_response_header[0] . ' ') ? 0 : 1);\n";

static const char ruby[] = "require 'net/http'\n"
                           "\n"
                           "answer = Net::HTTP.post(\n"
                           "  URI('{{URL}}'),\n"
                           "  '{{BODY}}',\n"
                           "  'Authorization' => 'Bearer ' + {{KEY}},\n"
                           "  'Content-Type' => 'application/json'\n"
                           ")\n"
                           "puts answer.body\n"
                           "exit answer.is_a?(Net::HTTPSuccess)\n";

static const char go[] = "package main\n"
                         "\n"
                         "import (\n"
                         "\t\"fmt\"\n"
                         "\t\"io\"\n"
                         "\t\"log\"\n"
                         "\t\"net/http\"\n"
                         "{{IMPORT}}"
                         "\t\"strings\"\n"
                         ")\n"
                         "\n"
                         "func main() {\n"
                         "\tbody := strings.NewReader(`{{BODY}}`)\n"
                         "\trequest, err := http.NewRequest(\"POST\", \"{{URL}}\", body)\n"
                         "\tif err != nil {\n"
                         "\t\tlog.Fatal(err)\n"
                         "\t}\n"
                         "\trequest.Header.Set(\"Authorization\", \"Bearer \"+{{KEY}})\n"
                         "\trequest.Header.Set(\"Content-Type\", \"application/json\")\n"
                         "\tanswer, err := http.DefaultClient.Do(request)\n"
                         "\tif err != nil {\n"
                         "\t\tlog.Fatal(err)\n"
                         "\t}\n"
                         "\tdefer answer.Body.Close()\n"
                         "\ttext, err := io.ReadAll(answer.Body)\n"
                         "\tif err != nil {\n"
                         "\t\tlog.Fatal(err)\n"
                         "\t}\n"
                         "\tfmt.Println(string(text))\n"
                         "\tif answer.StatusCode >= 300 {\n"
                         "\t\tlog.Fatal(answer.Status)\n"
                         "\t}\n"
                         "}\n";

static const char csharp[] =
    "// C# 11 (.NET 7) or later, as Program.cs of a console project.\n"
    "using System;\n"
    "using System.Net.Http;\n"
    "using System.Net.Http.Headers;\n"
    "using System.Text;\n"
    "\n"
    "using var client = new HttpClient();\n"
    "var key = {{KEY}};\n"
    "client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(\"Bearer\", key);\n"
    "var body = new StringContent(\"\"\"{{BODY}}\"\"\", Encoding.UTF8, \"application/json\");\n"
    "using var answer = await client.PostAsync(\"{{URL}}\", body);\n"
    "Console.WriteLine(await answer.Content.ReadAsStringAsync());\n"
    "return answer.IsSuccessStatusCode ? 0 : 1;\n";

static const char moontide[] = "MOONTIDE_URL='{{HOST}}' MOONTIDE_KEY=\"{{KEY}}\" \\\n"
                               "  moontide trigger {{TRIGGER}} --data '{{BODY}}'\n";

const struct snippet snippets[] = {
    {"node", "Node", "process.env.MOONTIDE_KEY", "\"%s\"", NULL, node},
    {"python", "Python", "os.environ[\"MOONTIDE_KEY\"]", "\"%s\"", NULL, python},
    {"curl", "cURL", "$MOONTIDE_KEY", "%s", NULL, curl},
    {"php", "PHP", "getenv('MOONTIDE_KEY')", "'%s'", NULL, php},
    {"ruby", "Ruby", "ENV.fetch('MOONTIDE_KEY')", "'%s'", NULL, ruby},
    {"go", "Go", "os.Getenv(\"MOONTIDE_KEY\")", "\"%s\"", "\t\"os\"\n", go},
    {"csharp", "C#", "Environment.GetEnvironmentVariable(\"MOONTIDE_KEY\")", "\"%s\"", NULL,
     csharp},
    {"moontide", "moontide", "$MOONTIDE_KEY", "%s", NULL, moontide},
    {0},
};
