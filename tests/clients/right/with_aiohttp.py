"""A right client with aiohttp, in XML. Usage: python with_aiohttp.py LEAD.json

It asks for an order of each lead, and never sends a lead twice: what is not known is left to a person. An update and a
status are in JSON, as there is no other way. Exit status: 0 every lead was accepted; 1 not every one, or nobody knows;
64 it cannot do the task.
"""

import asyncio
import datetime
import json
import sys
from pathlib import Path

import aiohttp
from aiohttp import web
from lxml import etree

WHOLE = aiohttp.ClientTimeout(total=45, sock_connect=5)
PARSER = {"resolve_entities": False, "no_network": True, "remove_comments": True, "strip_cdata": True}


class Unclear(Exception):
    """What became of a request is not known."""


def written(root, source, leads):
    """A document of leads, each of which is a pair of attributes and fields."""
    document = etree.Element(root, {name: words(value) for name, value in source.items()})
    for attributes, fields in leads:
        lead = etree.SubElement(document, "Lead", attributes)
        for name, value in fields.items():
            etree.SubElement(lead, name).text = value
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def words(value):
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def is_of_service(element):
    return (etree.QName(element).namespace or "").startswith("http://schemas.datacontract.org/2004/07/")


class Found:
    """An element of a response, asked by local names in the namespaces of the service."""

    def __init__(self, element):
        self.element = element

    @classmethod
    def of(cls, content):
        try:
            root = etree.fromstring(content, etree.XMLParser(**PARSER))
        except etree.XMLSyntaxError as error:
            raise Unclear("no XML") from error
        if root is None or not is_of_service(root):
            raise Unclear("another XML")
        return cls(root)

    def children(self, *names):
        return [
            Found(child) for child in self.element
            if etree.QName(child).localname in names and is_of_service(child)
        ]  # fmt: skip

    def text(self, *names):
        return next((child.element.text or "" for child in self.children(*names)), "").strip()

    def says(self, name):
        return self.text(name).lower() in ("true", "1")

    def within(self, name):
        return [Found(child) for one in self.children(name) for child in one.element]


class Seller:
    def __init__(self, session, task):
        self.session, self.task, self.source = session, task, task["source"]
        self.callbacks = {}

    async def request(self, method, path, content, media="xml"):
        headers = {"api-key": self.task["apiKey"], "Accept": f"application/{media}"}
        if content is not None:
            headers["Content-Type"] = f"application/{media}; charset=utf-8"
        for _ in range(2):
            try:
                async with self.session.request(
                    method, self.task["url"] + path, data=content, headers=headers, allow_redirects=False
                ) as response:
                    status, pause, body = response.status, response.headers.get("Retry-After"), await response.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Unclear(type(error).__name__) from error
            if status not in (429, 503):
                break
            await asyncio.sleep(float(pause or 1) + 0.1)
        if status >= 500:
            raise Unclear(status)
        return body if status == 200 else None

    async def results(self, path, source, leads, root="Leads"):
        body = await self.request("POST", path, written(root, source, leads))
        return (None, []) if body is None else self.read(body)

    @staticmethod
    def read(body):
        document = Found.of(body)
        return document.text("RequestId"), document.within("Results")

    async def sell(self, lead, return_url=None):
        """requestId and leadId of a lead that was accepted; None of one that was not."""
        short = {name: value for name, value in self.source.items() if name != "sendDelay"}
        only = {name: lead["fields"][name] for name in lead["pingFields"]}
        _, results = await self.results("/v2/insert/ping", short, [({}, only)])
        if len(results) != 1 or not results[0].says("WillAccept"):
            return None
        order = results[0]
        if self.expired(order.text("OrderExpiresOn")):
            return None
        attributes = {"reference": lead["reference"], "orderID": order.text("OrderID", "OrderId")}
        fields = dict(lead["fields"])
        for offer in order.within("Offers")[:1]:
            attributes["offerids"] = offer.text("Id", "OfferId")
            for consent in offer.children("TCPAInformation", "TcpaInformation"):
                if consent.says("CustomTCPATextRequired"):
                    fields[self.task["consentField"]] = consent.text("TCPAText", "TcpaText")
        campaign = order.text("CampaignIdentifier", "CampaignID", "CampaignId")
        source = {**self.source, **({"aid": campaign} if campaign else {})}
        if return_url:
            source["returnURL"] = return_url
        request_id, results = await self.results("/v2/insert/general", source, [(attributes, fields)])
        if return_url and request_id:
            request_id, results = self.read(await asyncio.wait_for(self.callback(request_id), 30))
        return self.accepted(request_id, results, 1)

    @staticmethod
    def accepted(request_id, results, number):
        if request_id is not None and len(results) != number:
            raise Unclear("not one result for each lead")
        if not results or not all(result.says("IsValid") for result in results):
            return None
        return request_id, results[0].text("LeadIdentifier", "LeadId")

    @staticmethod
    def expired(text):
        if not text:
            return False
        moment = datetime.datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or datetime.UTC) <= datetime.datetime.now(datetime.UTC)

    async def is_duplicate(self, lead):
        short = {name: value for name, value in self.source.items() if name != "sendDelay"}
        _, results = await self.results("/v2/duplicate/check", short, [({}, lead["fields"])])
        return any(result.says("IsDuplicate") for result in results)

    def callback(self, request_id):
        return self.callbacks.setdefault(request_id.lower(), asyncio.get_running_loop().create_future())

    async def heard(self, request):
        body = await request.read()
        try:
            request_id, _ = self.read(body)
        except Unclear:
            return web.Response(status=400)
        future = self.callback(request_id)
        if not future.done():
            future.set_result(body)
        return web.Response()

    async def status(self, request_id):
        await self.request("GET", f"/v2/status/{request_id}", None, "json")

    # ---- tasks

    async def one_by_one(self, then=None, unless_known=False):
        outcomes = []
        for lead in self.task["leads"]:
            if unless_known and await self.is_duplicate(lead):
                outcomes.append(None)
                continue
            outcomes.append(await self.sell(lead))
            if then is not None and outcomes[-1] is not None:
                await then(*outcomes[-1])
        return all(outcome is not None for outcome in outcomes)

    async def together(self):
        leads = [({"reference": lead["reference"]}, lead["fields"]) for lead in self.task["leads"]]
        return self.accepted(*await self.results("/v2/insert/general", self.source, leads), len(leads)) is not None

    async def updated(self):
        async def update(_, lead_id):
            source = {"vid": self.source["vid"], "lid": self.source["lid"]}
            lead = {"properties": {"leadUID": int(float(lead_id))}, "fields": self.task["changes"]}
            await self.request("PUT", "/v2/update", json.dumps({"source": source, "leads": [lead]}).encode(), "json")

        return await self.one_by_one(update)

    async def with_callbacks(self):
        application = web.Application()
        application.router.add_post("/", self.heard)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/"
            outcomes = await asyncio.gather(*(self.sell(lead, url) for lead in self.task["leads"]))
            for outcome in filter(None, outcomes):
                await self.status(outcome[0])
            await asyncio.sleep(1.5)  # a callback may come again
        finally:
            await runner.cleanup()
        return all(outcomes)

    async def with_status(self):
        return await self.one_by_one(lambda request_id, _: self.status(request_id))


TASKS = {
    "sell": Seller.one_by_one,
    "sell-each": Seller.one_by_one,
    "sell-together": Seller.together,
    "sell-unless-duplicate": lambda seller: seller.one_by_one(unless_known=True),
    "sell-and-update": Seller.updated,
    "sell-and-status": Seller.with_status,
    "sell-with-callback": Seller.with_callbacks,
}


async def main(path):
    task = json.loads(Path(path).read_text("utf-8"))
    if task["task"] not in TASKS:
        return 64
    # A connection of its own for each request: a post is not risked on one that may be closed.
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=WHOLE) as session:
        try:
            return 0 if await TASKS[task["task"]](Seller(session, task)) else 1
        except (Unclear, TimeoutError) as error:
            print(f"nobody knows: {error}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
