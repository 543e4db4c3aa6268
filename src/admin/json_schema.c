/* SPDX-License-Identifier: Apache-2.0 */
/* What `show info json` and `show stat json` look like, in the words of JSON schema (draft 4). */
#include "admin/json.h"

struct span json_schema(void)
{
    // clang-format off
    return SPAN(
        "{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"title\":\"show info json, show stat "
        "json\",\"oneOf\":[{\"title\":\"Info\",\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"fi"
        "eld\":{\"$ref\":\"#/definitions/field\"},\"processNum\":{\"$ref\":\"#/definitions/processNum\"},\"ta"
        "gs\":{\"$ref\":\"#/definitions/tags\"},\"value\":{\"$ref\":\"#/definitions/value\"}},\"required\":[\"f"
        "ield\",\"processNum\",\"tags\",\"value\"],\"additionalProperties\":false}},{\"title\":\"Stat\",\"type\""
        ":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"objType\":{\"enum"
        "\":[\"Frontend\",\"Backend\",\"Server\"]},\"proxyId\":{\"type\":\"integer\",\"minimum\":0},\"id\":{\"type\""
        ":\"integer\",\"minimum\":0},\"field\":{\"$ref\":\"#/definitions/field\"},\"processNum\":{\"$ref\":\"#/d"
        "efinitions/processNum\"},\"tags\":{\"$ref\":\"#/definitions/tags\"},\"value\":{\"$ref\":\"#/definiti"
        "ons/value\"}},\"required\":[\"objType\",\"proxyId\",\"id\",\"field\",\"processNum\",\"tags\",\"value\"],\""
        "additionalProperties\":false}}}],\"definitions\":{\"field\":{\"type\":\"object\",\"properties\":{\"p"
        "os\":{\"type\":\"integer\",\"minimum\":0},\"name\":{\"type\":\"string\"}},\"required\":[\"pos\",\"name\"],\""
        "additionalProperties\":false},\"processNum\":{\"type\":\"integer\",\"minimum\":1},\"tags\":{\"type\":"
        "\"object\",\"properties\":{\"origin\":{\"enum\":[\"Metric\",\"Status\",\"Key\",\"Config\",\"Product\"]},\"n"
        "ature\":{\"enum\":[\"Gauge\",\"Max\",\"Average\",\"Counter\",\"Duration\",\"Rate\",\"Time\",\"Output\",\"Nam"
        "e\",\"Limit\",\"Avg\",\"Min\",\"Age\"]},\"scope\":{\"enum\":[\"Cluster\",\"Process\",\"Service\",\"System\"]}"
        "},\"required\":[\"origin\",\"nature\",\"scope\"],\"additionalProperties\":false},\"value\":{\"oneOf\":"
        "[{\"type\":\"object\",\"properties\":{\"type\":{\"enum\":[\"s32\"]},\"value\":{\"type\":\"integer\"}},\"req"
        "uired\":[\"type\",\"value\"]},{\"type\":\"object\",\"properties\":{\"type\":{\"enum\":[\"u32\",\"u64\"]},\"v"
        "alue\":{\"type\":\"integer\",\"minimum\":0}},\"required\":[\"type\",\"value\"]},{\"type\":\"object\",\"pro"
        "perties\":{\"type\":{\"enum\":[\"str\"]},\"value\":{\"type\":\"string\"}},\"required\":[\"type\",\"value\"]"
        "}]}}}"
        "\n");
    // clang-format on
}
